/** Fills an array with random numbers that cannot be guessed from earlier ones. */
export type FillRandom = (words: Uint32Array<ArrayBuffer>) => void

/** Random numbers. They are made in batches: one call of a generator costs as much as several hundred numbers. */
export class RandomNumbers {
  readonly #fill: FillRandom | null
  readonly #batch = new Uint32Array(64)
  #left = 0
  #drawnBy: unknown = null

  /** Takes them from a generator; null means the host's, crypto.getRandomValues. */
  constructor(fill: FillRandom | null) {
    this.#fill = fill
  }

  /** A random unsigned 32-bit integer that cannot be guessed from earlier ones. */
  uint32(): number {
    // A program may put another generator in the place of the host's, as tests do that must come out the same again: what was
    // drawn by another one is left behind.
    const by: unknown = this.#fill ?? Reflect.get(crypto, 'getRandomValues')
    if (this.#left === 0 || this.#drawnBy !== by) {
      if (this.#fill === null) crypto.getRandomValues(this.#batch)
      else this.#fill(this.#batch)
      this.#drawnBy = by
      this.#left = this.#batch.length
    }
    this.#left--
    const n = this.#batch[this.#left] ?? 0
    this.#batch[this.#left] = 0
    return n
  }
}

const hosts = new RandomNumbers(null)

/** A random integer from 0 to `n` - 1, each equally likely; `n` is from 1 to 2^32. */
export function randomInt(n: number): number {
  const limit = 2 ** 32 - (2 ** 32 % n)
  for (;;) {
    const r = hosts.uint32()
    if (r < limit) return r % n
  }
}
