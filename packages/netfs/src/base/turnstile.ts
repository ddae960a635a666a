import type { IOOptions } from '@net/contract'
import { Gate } from './gate.ts'

/** Lets so many at a time do something; the others wait. */
export class Turnstile {
  readonly #most: number
  readonly #gate = new Gate()
  #inside = 0

  /** Makes one that lets `most` in. */
  constructor(most: number) {
    this.#most = most
  }

  /** Does it when there is room. Rejects with "interrupted" when the signal is aborted before. */
  async pass<T>(options: IOOptions, act: () => Promise<T>): Promise<T> {
    while (this.#inside >= this.#most) await this.#gate.wait(options)
    this.#inside++
    try {
      return await act()
    } finally {
      this.#inside--
      this.#gate.open()
    }
  }
}
