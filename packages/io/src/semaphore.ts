import type { IOOptions } from '@net/contract'
import { type Ended, type Ending, endingOf } from './ending.ts'

/**
 * Lets so many calls run at a time; the others wait for their turn, first come first served.
 *
 * @example
 * ```ts
 * import { Semaphore } from '@net/io'
 *
 * const two = new Semaphore(2)
 * const doubled = await Promise.all([1, 2, 3].map((n) => two.run(() => Promise.resolve(n * 2))))
 * console.log(doubled.join()) // 2,4,6
 * ```
 */
export class Semaphore {
  readonly #most: number
  #inside = 0
  #queue: Waiter[] = []
  #next = 0 // the index of the first in the queue that has not had its turn

  /** Makes one that lets `most` in at a time. */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Begins a call: null when it may go on at once, else a promise of its turn, which rejects with the reason for which
   * `options` ended before. Whoever got in must {@link leave}.
   */
  enter(options?: IOOptions): Promise<void> | null {
    if (this.#inside < this.#most) {
      this.#inside++
      return null
    }
    return new Promise((resolve, reject) => {
      this.#queue.push(new Waiter(endingOf(options), resolve, reject))
    })
  }

  /** Ends a call. Its place goes to one of those that wait: waking all of them for each place would take N times N steps. */
  leave(): void {
    while (this.#next < this.#queue.length) {
      const waiter = this.#queue[this.#next++]
      if (waiter?.go() === true) return
    }
    this.#queue = []
    this.#next = 0
    this.#inside--
  }

  /** Makes a call when its turn comes, and settles as it does; rejects as {@link enter} where the turn does not come. */
  async run<T>(call: () => Promise<T>, options?: IOOptions): Promise<T> {
    await this.enter(options)
    try {
      return await call()
    } finally {
      this.leave()
    }
  }
}

/** A caller that waits until it gets its turn or is ended. */
class Waiter implements Ended {
  readonly #ending: Ending | null
  readonly #resolve: () => void
  readonly #reject: (reason: unknown) => void
  #over = false

  constructor(ending: Ending | null, resolve: () => void, reject: (reason: unknown) => void) {
    this.#ending = ending
    this.#resolve = resolve
    this.#reject = reject
    if (ending?.isOver === true) this.ended(ending.reason)
    else ending?.add(this)
  }

  /** Gives it the turn; false when it is not waiting any more. */
  go(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#ending?.delete(this)
    this.#resolve()
    return true
  }

  ended(reason: unknown): void {
    this.#over = true
    this.#reject(reason)
  }
}
