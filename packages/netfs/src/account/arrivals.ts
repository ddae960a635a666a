/**
 * How often a peer may come and leave again without attaching: so many times at once, and as many again in the
 * time that a client has to attach. A client that attaches does not count.
 */
export class Arrivals {
  readonly #most: number
  readonly #time: number
  #left: number
  #at = performance.now() // when `left` was true

  /** Allows `most` in `time` milliseconds. */
  constructor(most: number, time: number) {
    this.#most = most
    this.#time = time
    this.#left = most
  }

  /** Whether there is nothing to remember: none has come of late but those that attached. */
  get isClear(): boolean {
    return this.#now() >= this.#most
  }

  /** Counts a connection that comes; false for one that is too many. */
  come(): boolean {
    if (this.#now() < 1) return false
    this.#left--
    return true
  }

  /** Forgets one that came: it has attached. */
  attach(): void {
    this.#left = Math.min(this.#left + 1, this.#most)
  }

  #now(): number {
    const now = performance.now()
    this.#left = Math.min(this.#left + ((now - this.#at) * this.#most) / this.#time, this.#most)
    this.#at = now
    return this.#left
  }
}
