/**
 * A limited number of pieces that peers share. No peer may have more than it leaves for the others: one peer
 * alone has half of them at most, two a third each, and a peer that has nothing yet always finds something.
 */
export class Supply {
  readonly #total: number
  #taken = 0

  /** Makes a supply of `total` pieces. */
  constructor(total: number) {
    this.#total = total
  }

  /** How much is left; below 0 when more was taken than there is. */
  get left(): number {
    return this.#total - this.#taken
  }

  /** Makes the portion of a new peer; a `sole` one may have everything. */
  portion(sole: boolean): Portion {
    return new Portion(this, sole)
  }

  /** Counts `n` that somebody takes, whether or not so much is left; a negative number gives back. */
  take(n: number): void {
    this.#taken += n
  }
}

/** What one peer has of a {@link Supply}. */
export class Portion {
  /** How much it has. */
  used = 0
  readonly #supply: Supply
  readonly #sole: boolean

  /** Makes the portion of one peer, or of the only one. */
  constructor(supply: Supply, sole: boolean) {
    this.#supply = supply
    this.#sole = sole
  }

  /** Whether the peer may have `n` more. */
  has(n: number): boolean {
    return (this.#sole ? n : this.used + n) <= this.#supply.left
  }

  /** Takes `n`, whether or not it may; a negative number gives back. */
  take(n: number): void {
    this.used += n
    this.#supply.take(n)
  }
}
