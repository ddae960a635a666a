import type { IOOptions } from '@net/contract'
import { Semaphore, turnTaken } from '@net/io'
import { fail, plan9Error } from '../base/errors.ts'
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
  async run<T>(program: string, options: IOOptions, act: () => Promise<T>): Promise<T> {
    const portion = this.#portion
    const lookup = async (): Promise<T> => {
      // Lookups that never wait for anything must not keep the event loop from turning, however many there are.
      for (let turn = turnTaken(); turn !== null; turn = turnTaken()) await turn
      if (!portion.has(1)) fail(`${program}: too many queries`)
      portion.take(1)
      try {
        return await act()
      } finally {
        portion.take(-1)
      }
    }
    try {
      return await this.#turns.run(lookup, options)
    } catch (e) {
      throw plan9Error(e, options)
    }
  }
}
