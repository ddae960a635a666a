// When a draft looks for what is complete: again while something comes, for a while after it, and a turn of the loop later when
// it has looked for long.
import koffi from 'koffi'

const SPIN = 0.2 // milliseconds
const TURN = 1 // milliseconds
const schedYield = koffi.load(null).func('int sched_yield()')
const settled = Promise.resolve()

export class Looking {
  #turn
  #sleep
  #isSoon = false
  #lastEvent = 0
  #turnStart = 0

  /** `turn` does what there is and gives how much it was; `sleep` is called when nothing came for a while. */
  constructor(turn, sleep = () => {}) {
    this.#turn = turn
    this.#sleep = sleep
  }

  /** Looks when the microtasks have run, and what they wrote can go together. */
  soon() {
    if (this.#isSoon) return
    this.#isSoon = true
    void settled.then(() => process.nextTick(this.#look))
  }

  /** The event loop woke: looks at once, unless that is to come anyway. */
  woken() {
    this.#lastEvent = performance.now()
    if (!this.#isSoon) this.#look()
  }

  #look = () => {
    this.#isSoon = false
    for (;;) {
      const n = this.#turn()
      const now = performance.now()
      if (n > 0) {
        this.#lastEvent = now
        return now - this.#turnStart < TURN ? this.soon() : this.#nextTurn()
      }
      if (now - this.#lastEvent > SPIN) return this.#sleep()
      if (now - this.#turnStart > TURN) return this.#nextTurn()
      schedYield()
    }
  }

  #nextTurn() {
    this.#isSoon = true
    setImmediate(() => {
      this.#turnStart = performance.now()
      this.#look()
    })
  }
}
