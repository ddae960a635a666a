import type { Account } from '../account/account.ts'
import { fail, NO_DEVICES } from '../base/errors.ts'

/** What a protocol needs of its conversations. */
export interface Numbered {
  /** Whether nobody holds it, so that it may be given out. */
  readonly isFree: boolean
  /** Makes it as new. */
  reset(): void
  /** Holds it once more, for a user when nobody did. */
  hold(user?: string): void
  /** Ends it, whatever is open. */
  end(): Promise<void>
}

/** A protocol of a session: its conversations by number, and what it counts. */
export class Protocol<C extends Numbered> {
  readonly name: 'tcp' | 'udp'
  /** Its part of qids. */
  readonly index: number
  readonly session: Account
  /** All that ever were, free ones too: a number never disappears. */
  readonly conversations: C[] = []
  /** What `stats` tells, in its order. */
  readonly stats = new Map<string, number>()
  readonly #make: (number: number, protocol: Protocol<C>) => C

  /** Makes a protocol without conversations. */
  constructor(
    name: 'tcp' | 'udp',
    index: number,
    session: Account,
    make: (number: number, protocol: Protocol<C>) => C,
  ) {
    this.name = name
    this.index = index
    this.session = session
    this.#make = make
  }

  /**
   * Gives the free conversation of the lowest number, held once, for a user. Throws "no free devices" when
   * there is none.
   */
  clone(user?: string): C {
    this.session.admit()
    let found = this.conversations.find((c) => c.isFree)
    if (found === undefined) {
      const number = this.conversations.length
      if (number >= this.session.stack.limits.conversations) fail(NO_DEVICES)
      this.session.addNumber()
      found = this.#make(number, this)
      this.conversations.push(found)
    }
    found.reset()
    found.hold(user)
    return found
  }

  /** The conversation of a number as a name of a file; undefined when there never was one. */
  find(name: string): C | undefined {
    return /^(0|[1-9]\d{0,3})$/.test(name) ? this.conversations[Number(name)] : undefined
  }

  /** Adds to a number of `stats`. */
  count(name: string, n = 1): void {
    this.stats.set(name, (this.stats.get(name) ?? 0) + n)
  }

  /** Ends all conversations. */
  async end(): Promise<void> {
    await Promise.all(this.conversations.map((c) => c.end()))
  }
}
