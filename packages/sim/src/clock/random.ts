/**
 * Random numbers of which everything follows from a seed (sfc32). Whatever needs chance has a generator of its own, so that
 * what one does not use up does not change what another one gets.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1
  readonly #seed: string

  /** Makes the generator of a seed; any text is one. */
  constructor(seed: string) {
    this.#seed = seed
    let h = 0x811c9dc5
    const word = (salt: number): number => {
      h ^= salt
      for (let i = 0; i < seed.length; i++) h = Math.imul(h ^ seed.charCodeAt(i), 0x01000193)
      h ^= h >>> 15
      return (h = Math.imul(h, 0x2c1b3c6d) | 0)
    }
    this.#a = word(1)
    this.#b = word(2)
    this.#c = word(3)
    for (let i = 0; i < 12; i++) this.uint32()
  }

  /** A generator of its own for something of this name. */
  derive(name: string): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const t = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0
    return t >>> 0
  }

  /** A number from 0 up to, but not, 1. */
  float(): number {
    return this.uint32() / 0x100000000
  }

  /** A whole number from 0 up to, but not, `below`. */
  below(below: number): number {
    return Math.floor(this.float() * below)
  }

  /** Whether something of this probability, 0 to 1, comes about. Nothing is used up for what is certain. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.float() < probability)
  }
}
