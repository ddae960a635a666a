/** What happened on a descriptor. */
export interface Pollable {
  /** New data, a new connection, the end of the stream or an error may be there. */
  readable(): void
  /** Room for data, the outcome of a connect, or an error may be there. */
  writable(): void
  /**
   * The peer hung up, an error is pending or urgent data came: reads must go on until the kernel says it is
   * empty. `error` is the number of the socket's error where the event tells it, else 0.
   */
  exceptional(error: number): void
  /**
   * Tries a read or an accept that waits, without an event of its own. Gives whether it ended, null when none
   * waits.
   */
  tryRead?(): boolean | null
}

/** What expects an answer on a descriptor that is not registered yet. */
export interface Newcomer extends Pollable {
  /** Registers it. What that fails with is told later. */
  register(): void
}

/** Finds what a token of {@link Selector.add} stands for, or null when it has been removed. */
export type Find = (slot: number, generation: number) => Pollable | null

/**
 * A kernel's queue of readiness events: epoll or kqueue. Descriptors are registered once, edge-triggered. Slot and generation come
 * back with each event, so that one for a closed descriptor is recognised.
 */
export interface Selector {
  /** The queue's own descriptor, which is readable while events wait. */
  readonly fd: number
  /**
   * Registers a descriptor, to be told of what may be read and, if `writes`, of room. Gives 0 or a negated error number.
   */
  add(fd: number, slot: number, generation: number, writes: boolean): number
  /** Is told of room, too, from now on, for a registered descriptor. Gives 0 or a negated error number. */
  addWrites(fd: number, slot: number, generation: number): number
  /** Forgets a descriptor, which must still be open. */
  remove(fd: number): void
  /** Fetches events that wait, without waiting for more. Gives their number. */
  fetch(): number
  /** Delivers what was fetched last. */
  deliver(find: Find): void
}
