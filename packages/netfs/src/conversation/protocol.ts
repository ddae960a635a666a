import type { Account } from '../account/account.ts'
import { fail, NO_DEVICES } from '../base/errors.ts'
import type { Slot } from './slot.ts'

// The lines of the kernel's files stats whose numbers a session counts; the others belong to the host's
// system.
const counted = {
  tcp: ['ActiveOpens', 'PassiveOpens', 'EstabResets', 'CurrEstab'],
  udp: ['InDatagrams', 'NoPorts', 'InErrors', 'OutDatagrams'],
} as const

/** A protocol of a session: its conversations by number, and what it counts. */
export class Protocol<C extends Slot> {
  readonly name: 'tcp' | 'udp'
  /** Its part of qids. */
  readonly index: number
  readonly session: Account
  /** All that ever were, free ones too: a number never disappears. */
  readonly conversations: C[] = []
  readonly #make: (number: number) => C
  readonly #counts = new Map<string, number>()

  /** Makes a protocol without conversations; `make` makes the one of a number. */
  constructor(name: 'tcp' | 'udp', index: number, session: Account, make: (number: number) => C) {
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
      found = this.#make(number)
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

  /** Adds to a number of the file stats. */
  count(name: string, n = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + n)
  }

  /** The text of the file stats: what the session has done. */
  stats(): string {
    const most = this.name === 'tcp' ? `MaxConn: ${this.session.stack.limits.conversations}\n` : ''
    return most + counted[this.name].map((line) => `${line}: ${this.#counts.get(line) ?? 0}\n`).join('')
  }

  /** Ends all conversations. */
  async end(): Promise<void> {
    await Promise.all(this.conversations.map((c) => c.end()))
  }
}
