import { type Call, interrupted } from './call.ts'
import type { Awaitable } from '../wire/tree.ts'

/**
 * Lets costly work of a session be done one piece at a time, with a turn of the event loop between, so
 * that a client which asks for much of it at once does not hold up the sessions of others.
 */
export class OneByOne {
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /**
   * Does the work when its turn comes, at once if nothing waits. Rejects when the call was aborted before.
   */
  async run<T>(call: Call, work: () => Awaitable<T>): Promise<T> {
    const before = this.#waiting++ === 0 ? null : this.#last
    const turn = (async () => {
      if (before !== null) {
        await before
        if (call.isOver) throw interrupted()
        await new Promise((resolve) => setTimeout(resolve))
      }
      return await work()
    })()
    this.#last = turn.catch(() => {}) // the caller gets the error by `turn`
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }
}
