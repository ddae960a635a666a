import { install, type Clock } from '@sinonjs/fake-timers'
import type { Random } from './random.ts'

/** The clocks and timers of JavaScript on virtual time: those that programs see while the network runs. */
export class VirtualClock {
  readonly #clock: Clock
  readonly #start: number
  readonly #restore: () => void

  /**
   * Takes the place of the host's clocks and timers. `epoch` is the moment on the calendar, in milliseconds, at which virtual time
   * was 0, `now` how much of it has passed; chance comes from `random`.
   */
  constructor(epoch: number, now: number, random: Random) {
    this.#start = epoch
    this.#clock = install({
      now: epoch,
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'Date',
        'performance',
        'hrtime',
      ],
      // A timer of before may be cleared meanwhile.
      shouldClearNativeTimers: true,
    })
    // It counts from here, so that performance.now() gives virtual time.
    this.#clock.tick(Math.floor(now))
    const restore = [
      replace(AbortSignal, 'timeout', abortTimeout),
      // What programs draw must follow from the seed, too.
      replace(Math, 'random', () => random.float()),
      replace(crypto, 'getRandomValues', (array) => fill(array, random)),
    ]
    this.#restore = () => {
      for (const back of restore) back()
    }
  }

  /** When the next timer is due, in milliseconds of virtual time; Infinity when there is none. */
  get next(): number {
    // The types do not show it, but the heap of the timers is the only place that tells, and the version is fixed.
    const first = this.#clock.timerHeap?.peek() as { readonly callAt: number } | undefined
    return first === undefined ? Infinity : first.callAt - this.#start
  }

  /** What the clocks show: virtual time in whole milliseconds. */
  get now(): number {
    return this.#clock.now - this.#start
  }

  /** Moves the clocks on, and fires nothing: no timer is due before that. */
  moveTo(now: number): void {
    this.#clock.now = Math.max(this.#clock.now, this.#start + Math.floor(now))
  }

  /** Fires all timers that are due now, and lets a millisecond pass. */
  pass(): void {
    this.#clock.tick(1)
  }

  /** Fires the next timer, alone, at its moment. */
  fire(): void {
    this.#clock.next()
  }

  /** Gives the host its clocks and timers back. */
  uninstall(): void {
    this.#clock.uninstall()
    this.#restore()
  }
}

// Puts something in the place of what an object of the host has, and gives a function that brings that back.
function replace<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): () => void {
  const own = Object.getOwnPropertyDescriptor(object, key)
  Object.defineProperty(object, key, { value, configurable: true, writable: true })
  return () => {
    if (own === undefined) Reflect.deleteProperty(object, key)
    else Object.defineProperty(object, key, own)
  }
}

// The host's own would wait for real time.
function abortTimeout(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  }, ms)
  return controller.signal
}

function fill<T extends ArrayBufferView | null>(array: T, random: Random): T {
  if (array === null) return array
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = random.below(256)
  return array
}
