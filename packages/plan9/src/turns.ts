/** Lets so many calls run at a time; the others wait for their turn, first come first served. */
export class Turns {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** Lets `most` calls run side by side. */
  constructor(most: number) {
    this.#most = most
  }

  /** Begins a call: null when it may go on at once, else a promise of its turn. It must end with {@link leave}. */
  enter(): Promise<void> | null {
    if (this.#running < this.#most) {
      this.#running++
      return null
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Ends a call, whose place the next one takes. */
  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }

  /** Makes a call when its turn comes, and settles as it does. */
  async take<T>(call: () => Promise<T>): Promise<T> {
    await this.enter()
    try {
      return await call()
    } finally {
      this.leave()
    }
  }
}
