import type { Account } from '../account/account.ts'
import { Condition } from '../base/condition.ts'
import { fail, INTERRUPTED } from '../base/errors.ts'
import { OWNER } from '../base/node.ts'

const PERM = 0o660

/** Something that a target has opened. */
interface Closable {
  close(): Promise<void>
}

/**
 * A number of a protocol, in which conversations follow one another. It lives while something holds it: a fid
 * open on its ctl, data or err, or an open of its listen that waits. When the last lets go, what the target
 * has given is closed, and the number is free when that is done.
 */
export abstract class Slot {
  readonly number: number
  /** The session it belongs to. */
  readonly session: Account
  /** Who opened it. */
  owner = OWNER
  /** The permissions of its ctl, data, err and listen. */
  perm = PERM
  /** Whether what the target had given was closed. */
  protected isHungUp = false
  /** Counts the hangups, so that an operation which waited for the target sees whether one came meanwhile. */
  protected epoch = 0
  /** Requests that wait for a hangup, or for something else that changes what can be read. */
  protected readonly changed = new Condition()
  #references = 0
  #keeping = 0
  #closing: Promise<void> | null = null

  /** Makes a free number of a session. */
  constructor(number: number, session: Account) {
    this.number = number
    this.session = session
  }

  /** Whether it can be had by opening clone. */
  get isFree(): boolean {
    return this.#references === 0 && this.#closing === null
  }

  /** Whether something holds it. */
  get isOpen(): boolean {
    return this.#references > 0
  }

  /** Makes it like new. */
  reset(): void {
    this.isHungUp = false
  }

  /** Adds a reference, for `user` when there was none. */
  hold(user = OWNER): void {
    if (this.#references++ > 0) return
    this.owner = user
    this.perm = PERM
    this.session.countConversation(1)
  }

  /** Takes a reference away; the last one closes what the target has given. Resolves when that is done. */
  async release(): Promise<void> {
    if (--this.#references > 0) return
    this.owner = OWNER
    this.perm = PERM
    await this.end()
    this.session.countConversation(-1)
  }

  /** Closes what the target has given, whoever holds it; it is not free before that is done. */
  async end(): Promise<void> {
    const closing = Promise.all([this.#closing, this.hangUp()]).then(() => {
      if (this.#closing === closing) this.#closing = null
    })
    this.#closing = closing
    await closing
  }

  /** Counts data files whose pending reads and writes keep the process alive. */
  keep(change: 1 | -1): void {
    this.#keeping += change
    this.applyKeeping()
  }

  /** Whether what is pending keeps the process alive. */
  protected get keeps(): boolean {
    return this.#keeping > 0
  }

  /** Closes what the target has given, and gives up what it was asked for. */
  protected async hangUp(): Promise<void> {
    this.epoch++
    this.isHungUp = true
    const closing = this.shutdown()
    this.changed.wakeAll()
    await closing
  }

  /**
   * Waits for what the target opens for this conversation. It is closed, and the wait rejects, when a hangup
   * has come since `epoch` or when `check` throws.
   */
  protected async opened<T extends Closable>(
    epoch: number,
    opening: Promise<T>,
    check: (made: T) => void = () => {},
  ): Promise<T> {
    const made = await opening
    try {
      if (this.epoch !== epoch) fail(INTERRUPTED)
      check(made)
      return made
    } catch (e) {
      await made.close()
      throw e
    }
  }

  /** Forgets whatever the target has given, and closes it. It never rejects, as nobody could use the error. */
  protected abstract shutdown(): Promise<unknown>
  /** Tells what the target has given whether it {@link keeps} the process alive. */
  protected abstract applyKeeping(): void
}
