import { type Deadline, isDate } from '@net/contract'

/**
 * The moment of a deadline on the monotonic clock, `performance.now()`'s milliseconds: Infinity for none. It is
 * converted once, so a change of the wall clock does not move a deadline that is set.
 */
export function deadlineAt(t: Deadline): number {
  if (t === null) return Infinity
  const epoch = typeof t === 'number' ? t : isDate(t) ? t.getTime() : NaN
  if (Number.isNaN(epoch)) throw new TypeError('a deadline is a valid Date, a number of milliseconds or null')
  return performance.now() + (epoch - Date.now())
}

/** The limit of an operation that begins now and may take `ms` milliseconds: Infinity for 0, as absent. */
export function timeoutAt(ms: number): number {
  return ms === 0 ? Infinity : performance.now() + ms
}

/** Checks the argument of a setTimeout method: a number of milliseconds, 0 or more. */
export function checkTimeout(ms: number): number {
  if (typeof ms !== 'number' || !(ms >= 0))
    throw new TypeError('a timeout is a number of milliseconds, 0 or more')
  return ms === Infinity ? 0 : ms
}

// One host timer serves all deadlines: a heap ordered by the moment each is to be looked at, and the timer set to the
// first. Moving a deadline further away, what every renewal does, touches neither: the entry is looked at when its old
// moment comes and put back.
const heap: DeadlineTimer[] = []
let armed = Infinity
let timer: NodeJS.Timeout | undefined

// The longest delay a host timer takes.
const MAX_DELAY = 0x7fffffff

/**
 * A deadline that calls its owner when it passes. It never keeps the process alive: that is for the operation that
 * waits to do.
 */
export class DeadlineTimer {
  /** When the deadline passes, on the monotonic clock; Infinity when it is not set. */
  at = Infinity
  #looked = Infinity // the moment this is looked at: never after `at`
  #index = -1
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
    } else if (this.#index < 0) {
      this.#looked = at
      this.#index = heap.length
      heap.push(this)
      this.#up()
      arm()
    } else if (at < this.#looked) {
      this.#looked = at
      this.#up()
      arm()
    }
  }

  /** Clears the deadline and lets go of the owner. */
  clear(): void {
    this.at = Infinity
    this.#remove()
  }

  #remove(): void {
    const i = this.#index
    if (i < 0) return
    this.#index = -1
    const last = heap.pop()
    if (last === undefined || last === this) return
    heap[i] = last
    last.#index = i
    last.#up()
    last.#down()
  }

  /** Looks at everything whose moment has come. */
  static run(): void {
    const now = performance.now()
    for (let first = heap[0]; first !== undefined && first.#looked <= now; first = heap[0]) {
      if (first.at <= now) {
        first.#remove() // `at` stays: a deadline that has passed has passed until it is set anew
        first.#expire()
      } else {
        first.#looked = first.at
        first.#down()
      }
    }
  }

  /** When the first entry is to be looked at. */
  static next(): number {
    const first = heap[0]
    return first === undefined ? Infinity : first.#looked
  }

  #up(): void {
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

  #down(): void {
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

function arm(): void {
  const next = DeadlineTimer.next()
  if (next >= armed) return
  clearTimeout(timer)
  armed = next
  if (next === Infinity) return
  const delay = Math.ceil(next - performance.now())
  timer = setTimeout(fire, Math.min(Math.max(delay, 1), MAX_DELAY))
  timer.unref()
}

function fire(): void {
  armed = Infinity
  try {
    DeadlineTimer.run()
  } finally {
    arm()
  }
}
