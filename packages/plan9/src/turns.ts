/** Lets so many calls run at a time; the others wait for their turn, first come first served. */
export class Turns {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** Lets `most` calls run side by side. */
  constructor(most: number) {
    this.#most = most
  }

  /** Makes a call when its turn comes, and settles as it does. */
  async take<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running < this.#most) this.#running++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await call()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
