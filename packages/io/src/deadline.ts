import { type Deadline, isDate } from '@net/contract'

/**
 * The moment of a deadline on the monotonic clock, `performance.now()`'s milliseconds: Infinity for none. It is
 * converted once, so a change of the wall clock does not move a deadline that is set.
 *
 * @example
 * ```ts
 * import { deadlineAt } from '@net/io'
 *
 * console.log(deadlineAt(null), deadlineAt(Date.now() + 1000) > performance.now()) // Infinity true
 * ```
 */
export function deadlineAt(t: Deadline): number {
  if (t === null) return Infinity
  const epoch = typeof t === 'number' ? t : isDate(t) ? t.getTime() : NaN
  if (Number.isNaN(epoch)) throw new TypeError('a deadline is a valid Date, a number of milliseconds or null')
  return performance.now() + (epoch - Date.now())
}

/**
 * The limit of an operation that begins now and may take `ms` milliseconds: Infinity for 0, as absent.
 *
 * @example
 * ```ts
 * import { timeoutAt } from '@net/io'
 *
 * console.log(timeoutAt(0), timeoutAt(1000) > performance.now()) // Infinity true
 * ```
 */
export function timeoutAt(ms: number): number {
  return ms === 0 ? Infinity : performance.now() + ms
}

/**
 * Checks the argument of a setTimeout method: a number of milliseconds, 0 or more.
 *
 * @example
 * ```ts
 * import { checkTimeout } from '@net/io'
 *
 * console.log(checkTimeout(50), checkTimeout(Infinity)) // 50 0
 * ```
 */
export function checkTimeout(ms: number): number {
  if (typeof ms !== 'number' || !(ms >= 0))
    throw new TypeError('a timeout is a number of milliseconds, 0 or more')
  return ms === Infinity ? 0 : ms
}

// The longest delay a host timer takes.
const MAX_DELAY = 0x7fffffff

// The deadlines of one clock. One host timer serves them all: a heap ordered by the moment each is to be looked at, and the
// timer set to the first. Moving a deadline further away, what every renewal does, touches neither: the entry is looked at when
// its old moment comes and put back.
class Deadlines {
  readonly entries: DeadlineTimer[] = []
  readonly clock = performance
  // What is in place of a clock may change what the clock says, too.
  readonly now = performance.now.bind(performance)
  readonly #setTimeout = setTimeout
  readonly #clearTimeout = clearTimeout
  #armed = Infinity
  #timer: NodeJS.Timeout | undefined

  arm(): void {
    const next = DeadlineTimer.next(this)
    if (next >= this.#armed) return
    this.#clearTimeout.call(globalThis, this.#timer)
    this.#armed = next
    if (next === Infinity) return
    const delay = Math.ceil(next - this.now())
    this.#timer = this.#setTimeout.call(globalThis, this.#fire, Math.min(Math.max(delay, 1), MAX_DELAY))
    this.#timer.unref()
  }

  readonly #fire = (): void => {
    this.#armed = Infinity
    try {
      DeadlineTimer.run(this)
    } finally {
      this.arm()
    }
  }
}

// A program may put another clock in the place of the host's and take it away again, as tests on virtual time do. A deadline
// belongs to the clock that it was set by.
const clocks = new WeakMap<typeof performance, Deadlines>()
let current: Deadlines | null = null

function currentDeadlines(): Deadlines {
  if (current?.clock === performance) return current
  current = clocks.get(performance) ?? new Deadlines()
  clocks.set(performance, current)
  return current
}

/**
 * A deadline that calls its owner when it passes. It never keeps the process alive: that is for the operation that
 * waits to do.
 *
 * @example
 * ```ts
 * import { DeadlineTimer } from '@net/io'
 *
 * await new Promise((resolve) => {
 *   const alive = setInterval(() => {}, 1000) // a deadline keeps no process alive
 *   new DeadlineTimer(() => resolve(clearInterval(alive))).set(performance.now() + 5)
 * })
 * ```
 */
export class DeadlineTimer {
  /** When the deadline passes, on the monotonic clock; Infinity when it is not set. */
  at = Infinity
  #looked = Infinity // the moment this is looked at: never after `at`
  #index = -1
  #among: Deadlines | null = null // those it stands with while it is set
  readonly #expire: () => void

  /** Makes a timer that calls `expire` each time a deadline that was set passes. */
  constructor(expire: () => void) {
    this.#expire = expire
  }

  /** Sets the moment, on the monotonic clock; one in the past expires soon, not during the call. Infinity clears. */
  set(at: number): void {
    this.at = at
    if (at === Infinity) {
      this.clear()
      return
    }
    const among = currentDeadlines()
    if (this.#among !== among) this.#remove()
    if (this.#index < 0) {
      this.#looked = at
      this.#among = among
      this.#index = among.entries.length
      among.entries.push(this)
    } else if (at < this.#looked) {
      this.#looked = at
    } else {
      return
    }
    this.#up(among.entries)
    among.arm()
  }

  /** Sets the moment if it comes before the one that is set, or that one is of another clock. */
  setEarlier(at: number): void {
    if (at < this.at || this.#among?.clock !== performance) this.set(at)
  }

  /** Clears the deadline and lets go of the owner. */
  clear(): void {
    this.at = Infinity
    this.#remove()
  }

  #remove(): void {
    const i = this.#index
    const among = this.#among
    if (i < 0 || among === null) return
    this.#index = -1
    this.#among = null
    const last = among.entries.pop()
    if (last === undefined || last === this) return
    among.entries[i] = last
    last.#index = i
    last.#up(among.entries)
    last.#down(among.entries)
  }

  /** Looks at everything whose moment has come, by the clock that is in place. */
  static run(
    deadlines: { readonly entries: DeadlineTimer[]; readonly now: () => number } = currentDeadlines(),
  ): void {
    const { entries } = deadlines
    const now = deadlines.now()
    for (let first = entries[0]; first !== undefined && first.#looked <= now; first = entries[0]) {
      if (first.at <= now) {
        first.#remove() // `at` stays: a deadline that has passed has passed until it is set anew
        first.#expire()
      } else {
        first.#looked = first.at
        first.#down(entries)
      }
    }
  }

  /** When the first entry is to be looked at. */
  static next({ entries }: { readonly entries: readonly DeadlineTimer[] } = currentDeadlines()): number {
    const first = entries[0]
    return first === undefined ? Infinity : first.#looked
  }

  #up(heap: DeadlineTimer[]): void {
    let i = this.#index
    while (i > 0) {
      const p = (i - 1) >> 1
      const parent = heap[p]
      if (parent === undefined || parent.#looked <= this.#looked) break
      heap[i] = parent
      parent.#index = i
      i = p
    }
    heap[i] = this
    this.#index = i
  }

  #down(heap: DeadlineTimer[]): void {
    let i = this.#index
    for (;;) {
      let c = 2 * i + 1
      let child = heap[c]
      if (child === undefined) break
      const right = heap[c + 1]
      if (right !== undefined && right.#looked < child.#looked) {
        child = right
        c++
      }
      if (child.#looked >= this.#looked) break
      heap[i] = child
      child.#index = i
      i = c
    }
    heap[i] = this
    this.#index = i
  }
}
