import { isLaneTraced } from './trace.ts'

/**
 * The event loop's turns. An operation that finds its data at once settles in a microtask, and a loop of such operations would
 * run for ever without a timer, a signal or another connection having its turn. Therefore what has gone on for longer than the
 * budget since the loop's last turn waits for the next one.
 */

/** Milliseconds that operations may take before somebody waits for the loop's next turn, and then again until it comes. */
const SPAN = 0.5

/** How many operations go by between two looks at the clock, which takes about 60 ns. */
const LOOK = 4

/** Whoever waits for the loop to turn. */
export interface Deferred {
  /** The loop has turned. */
  turned(): void
}

let count = 0 // operations since the last look at the clock
let began = -1 // when the span began, -1 before its first look
let isAwaited = false // whether the loop's next turn is waited for
let over = false // whether the budget of this turn is used up
let waiting: Deferred[] = []

// Hosts without setImmediate have timers, whose shortest delay is a turn as well.
const nextTurn: (f: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (f) => setTimeout(f, 0)

function awaitTurn(): void {
  isAwaited = true
  nextTurn(turned)
}

function turned(): void {
  isAwaited = false
  count = 0
  over = false
  began = -1
  if (waiting.length > 0) void takeTurn()
}

// Those that waited go on in their order for as long as the budget of the new turn lasts, the rest in the next one: however
// many wait, a turn is no longer for it. The clock is looked at after the first, after two more, and then after each four: a look and
// a microtask for each took a twenty-fifth of the time of fifty dials at once.
async function takeTurn(): Promise<void> {
  began = performance.now()
  const list = waiting
  waiting = []
  let next = 0
  let some = 1
  while (next < list.length && performance.now() - began <= 2 * SPAN) {
    const end = Math.min(next + some, list.length)
    while (next < end) list[next++]?.turned()
    await Promise.resolve() // what they set going is part of their time
    some = Math.min(2 * some, LOOK)
  }
  if (next < list.length) waiting = [...list.slice(next), ...waiting]
  if (waiting.length === 0) {
    over = false
    began = -1
  } else if (!isAwaited) {
    awaitTurn()
  }
}

/**
 * Counts an operation, and gives whether it has to wait for the next turn, as the budget of this one is used up.
 *
 * Nobody tells when the loop turns, and to wait for each turn costs as much as a fast operation does. So half of the budget goes by
 * before the next turn is waited for, and the other half before operations wait for it, too: where each operation has a turn of its
 * own, as where a peer answers one question after the other, one of some thirty is waited for.
 *
 * @example
 * ```ts
 * import { isTurnOver } from '@net/io'
 *
 * console.log(isTurnOver()) // false
 * ```
 */
export function isTurnOver(): boolean {
  if (over || ++count < LOOK) return over
  count = 0
  const now = performance.now()
  if (began < 0) {
    began = now
  } else if (now - began > SPAN) {
    if (isAwaited) {
      over = true
    } else {
      began = now
      awaitTurn()
    }
  }
  return over
}

/**
 * Tells `deferred` when the loop has turned. Only after {@link isTurnOver} gave true.
 *
 * @example
 * ```ts
 * import { deferToNextTurn, isTurnOver } from '@net/io'
 *
 * while (!isTurnOver());
 * await new Promise((resolve) => deferToNextTurn({ turned: () => resolve(null) }))
 * ```
 */
export function deferToNextTurn(deferred: Deferred): void {
  waiting.push(deferred)
}

/**
 * Waits, when the budget of this turn is used up, for the next one: for loops that make no operation of a lane. Null: go on. The
 * promise never rejects.
 *
 * @example
 * ```ts
 * import { turnTaken } from '@net/io'
 *
 * for (let i = 0; i < 1000; i++) await turnTaken()
 * ```
 */
export function turnTaken(): Promise<void> | null {
  if (!isTurnOver()) return null
  return new Promise((resolve) => {
    deferToNextTurn({ turned: resolve })
  })
}

/**
 * Counts an operation, and gives whether it may try at once where no lane was made yet: the event loop need not have its turn first,
 * and nobody traces operations.
 *
 * @example
 * ```ts
 * import { areLanesFree } from '@net/io'
 *
 * console.log(areLanesFree()) // true
 * ```
 */
export function areLanesFree(): boolean {
  return !isTurnOver() && !isLaneTraced()
}
