import type { IOOptions } from './closer.ts'

/** How a file of a {@link NetFS} is opened. */
export type NetFileMode = 'r' | 'w' | 'rw'

/** Options of opening a file of a {@link NetFS}. */
export interface NetOpenOptions extends IOOptions {
  /**
   * `false`: waiting for the open does not keep the process alive, and the file begins as after {@link NetFile.unref}.
   * Absent means `true`. A tree that cannot tell keeps the process alive.
   */
  readonly ref?: boolean | undefined
}

/**
 * A Plan 9 network tree, `/net`, whoever supplies it: the operating system's files, a 9P session, or a program that
 * serves one. It is the seam between the plan9 target and what serves it.
 */
export interface NetFS {
  /** The name of the tree's root in paths that it hands out: '/net'. */
  readonly root: string
  /**
   * Opens a file by its path below the root, 'tcp/clone'. Rejects with an error whose message is the tree's
   * own words, as "connection refused" or "file does not exist". Or with the signal's reason.
   */
  open(path: string, mode: NetFileMode, options?: NetOpenOptions): Promise<NetFile>
}

/**
 * An open file. It keeps an offset, as a descriptor does: several reads or writes may be outstanding, and they take
 * effect in the order of the calls.
 */
export interface NetFile {
  /**
   * Reads up to `p.byteLength` bytes at the offset and gives their number; 0 at the end of the file. Until
   * the promise settles `p` belongs to the file. Rejects with the tree's words, after close, or with the
   * signal's reason.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /**
   * Writes `p` at the offset as one message and gives the number of bytes that were taken. Until the promise
   * settles `p` belongs to the file. Rejects with the tree's words, after close, or with the signal's reason.
   */
  write(p: Uint8Array, options?: IOOptions): Promise<number>
  /** Sets the offset back to the beginning. */
  rewind(): void
  /** The most bytes that one read or write carries; absent means any number. */
  readonly ioSize?: number
  /**
   * How many reads, and how many writes, are worth having outstanding, because an answer comes from far away; absent
   * means 1.
   */
  readonly outstanding?: number
  /** Lets what is pending on the file keep the process alive, as it does at first. */
  ref?(): void
  /**
   * Lets the process exit although something is pending on the file. Only of files that have it is read ahead of what
   * is asked for.
   */
  unref?(): void
  /**
   * Whether reads that wait can't be called back: closing the file rejects them, but the tree has it open until they return.
   * Absent means that they can.
   */
  readonly isStuckWhileRead?: boolean
  /**
   * Closes the file. Outstanding reads and writes reject. Closing again does nothing. It rejects only where
   * the tree could not close it.
   */
  close(): Promise<void>
}
