import type { IOOptions } from '@net/contract'
import { fail } from '../base/errors.ts'
import { Semaphore } from '../base/semaphore.ts'
import type { Portion } from './supply.ts'

/** The queries of cs and dns that one peer has looked up. */
export class Lookups {
  readonly #turns: Semaphore
  readonly #portion: Portion

  /** Lets `most` be looked up at a time, and no more than there is for the peer of what all have together. */
  constructor(most: number, portion: Portion) {
    this.#turns = new Semaphore(most)
    this.#portion = portion
  }

  /**
   * Looks up when it is this query's turn. Rejects with "too many queries" of the program, 'cs' or 'dns', when
   * the peer has its share under way, and with "interrupted" when what ends `options` comes before its turn.
   */
  run<T>(program: string, options: IOOptions, act: () => Promise<T>): Promise<T> {
    const portion = this.#portion
    return this.#turns.run(options, async () => {
      if (!portion.has(1)) fail(`${program}: too many queries`)
      portion.take(1)
      try {
        return await act()
      } finally {
        portion.take(-1)
      }
    })
  }
}
