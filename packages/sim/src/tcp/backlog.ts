import type { Connection } from './connection.ts'

/** The connections of a listener that nobody has accepted yet. */
export class Backlog {
  readonly #limit: number
  readonly #ready: () => void
  readonly #waiting: Connection[] = []
  #calling = 0

  /** Makes an empty backlog for at most `limit` connections; `ready` is told when one can be accepted. */
  constructor(limit: number, ready: () => void) {
    this.#limit = limit
    this.#ready = ready
  }

  /** Whether no more can call. */
  get isFull(): boolean {
    return this.#waiting.length + this.#calling >= this.#limit
  }

  /** How many can be accepted. */
  get length(): number {
    return this.#waiting.length
  }

  /** The next connection that can be accepted, or null. */
  next(): Connection | null {
    return this.#waiting.shift() ?? null
  }

  /** Somebody calls. */
  called(): void {
    this.#calling++
  }

  /** The handshake is done. */
  established(c: Connection): void {
    this.#calling--
    this.#waiting.push(c)
    this.#ready()
  }

  /** A connection has ended before it was accepted; one that can be accepted still can. */
  gone(c: Connection): void {
    if (!this.#waiting.includes(c)) this.#calling--
  }
}
