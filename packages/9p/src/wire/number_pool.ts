/**
 * Hands out small numbers, tags or fids, each to one holder at a time; those given back go out again first.
 */
export class NumberPool {
  readonly #limit: number
  readonly #free: number[] = []
  #next = 0

  /** Makes a pool of the numbers below `limit`. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many numbers are out. */
  get used(): number {
    return this.#next - this.#free.length
  }

  /** Takes a number; -1 when none is left. */
  take(): number {
    return this.#free.pop() ?? (this.#next < this.#limit ? this.#next++ : -1)
  }

  /** Gives back a number that {@link take} gave. */
  give(n: number): void {
    this.#free.push(n)
  }
}
