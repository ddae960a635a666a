/**
 * Something of which there is only so much, and which peers share. Nobody may have more than is left for the
 * others: one peer alone has half of it at most, two a third each, and a peer that has nothing yet always
 * finds something.
 */
export class Supply {
  readonly #total: number
  #taken = 0

  /** Makes a supply of `total` pieces. */
  constructor(total: number) {
    this.#total = total
  }

  /** How much nobody has; below 0 when more was taken than there is. */
  get left(): number {
    return this.#total - this.#taken
  }

  /** Makes the portion of a new peer; a `sole` one may have everything. */
  portion(sole: boolean): Portion {
    return new Portion(this, sole, (n) => {
      this.#taken += n
    })
  }
}

/** What one peer has of a {@link Supply}. */
export class Portion {
  /** How much it has. */
  used = 0
  readonly #supply: Supply
  readonly #sole: boolean
  readonly #taken: (n: number) => void

  /** Makes the portion of a supply, which is told by `taken` what is taken. */
  constructor(supply: Supply, sole: boolean, taken: (n: number) => void) {
    this.#supply = supply
    this.#sole = sole
    this.#taken = taken
  }

  /** Whether the peer may have `n` more. */
  has(n: number): boolean {
    return (this.#sole ? n : this.used + n) <= this.#supply.left
  }

  /** Takes `n`, whether or not it may; a negative number gives back. */
  take(n: number): void {
    this.used += n
    this.#taken(n)
  }
}
