import type { IOOptions } from '@net/contract'
import { endingOf, turnTaken, type Ended, type Ending } from '@net/io'
import { INTERRUPTED, Plan9Error } from './errors.ts'

/** Lets a limited number do something at a time; the others wait, first come first served. */
export class Semaphore {
  readonly #most: number
  #inside = 0
  #queue: Waiter[] = []
  #next = 0 // the index of the first in the queue that has not had its turn

  /** Makes one that lets `most` in at a time. */
  constructor(most: number) {
    this.#most = most
  }

  /** Calls `act` when there is room. Rejects with "interrupted" when what ends `options` comes first. */
  async run<T>(options: IOOptions, act: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#most) this.#inside++
    else await this.#turn(options)
    try {
      // Work that never waits for anything must not keep the event loop from turning, however much there is
      // of it.
      for (let turn = turnTaken(); turn !== null; turn = turnTaken()) await turn
      return await act()
    } finally {
      this.#leave()
    }
  }

  #turn(options: IOOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push(new Waiter(endingOf(options), resolve, reject))
    })
  }

  // The place goes to one of those that wait: waking all of them for each place would take N times N steps.
  #leave(): void {
    while (this.#next < this.#queue.length) {
      const waiter = this.#queue[this.#next++]
      if (waiter?.go() === true) return
    }
    this.#queue = []
    this.#next = 0
    this.#inside--
  }
}

/** A caller that waits until it gets its turn or is interrupted. */
class Waiter implements Ended {
  readonly #ending: Ending | null
  readonly #resolve: () => void
  readonly #reject: (e: Error) => void
  #over = false

  constructor(ending: Ending | null, resolve: () => void, reject: (e: Error) => void) {
    this.#ending = ending
    this.#resolve = resolve
    this.#reject = reject
    if (ending?.isOver) this.ended()
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

  ended(): void {
    this.#over = true
    this.#reject(new Plan9Error(INTERRUPTED))
  }
}
