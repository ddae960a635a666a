import type { IOOptions } from '@net/contract'
import { endingOf, type Ended, type Ending } from '@net/io'
import { INTERRUPTED, Plan9Error } from './errors.ts'

/** Something that may happen again and again, and the requests that wait for the next time. */
export class Condition {
  readonly #waiting = new Set<Waiter>()

  /** How many requests wait. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits until the next {@link wakeAll}. Rejects with "interrupted" when what ends `options` comes first.
   */
  wait(options: IOOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const ending = endingOf(options)
      if (ending?.isOver) {
        reject(new Plan9Error(INTERRUPTED))
        return
      }
      const waiter = new Waiter(this.#waiting, ending, resolve, reject)
      this.#waiting.add(waiter)
      ending?.add(waiter)
    })
  }

  /** Lets all requests that wait go on. */
  wakeAll(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const waiter of waiting) waiter.go()
  }
}

class Waiter implements Ended {
  readonly #all: Set<Waiter>
  readonly #ending: Ending | null
  readonly #resolve: () => void
  readonly #reject: (e: Error) => void

  constructor(all: Set<Waiter>, ending: Ending | null, resolve: () => void, reject: (e: Error) => void) {
    this.#all = all
    this.#ending = ending
    this.#resolve = resolve
    this.#reject = reject
  }

  go(): void {
    this.#ending?.delete(this)
    this.#resolve()
  }

  ended(): void {
    this.#all.delete(this)
    this.#reject(new Plan9Error(INTERRUPTED))
  }
}
