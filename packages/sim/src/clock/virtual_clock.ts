import { install, type Clock } from '@sinonjs/fake-timers'

/** The clocks and timers of JavaScript on virtual time: those that programs see while the network runs. */
export class VirtualClock {
  readonly #clock: Clock
  readonly #start: number
  readonly #random: () => number
  readonly #abortTimeout: typeof AbortSignal.timeout

  /**
   * Takes the place of the host's clocks and timers. `epoch` is the moment on the calendar, in milliseconds, at which virtual time
   * was 0, `now` how much of it has passed; chance comes from `random`.
   */
  constructor(epoch: number, now: number, random: () => number) {
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
    this.#random = Math.random
    Math.random = random
    // The host's own would wait for real time.
    this.#abortTimeout = AbortSignal.timeout.bind(AbortSignal)
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController()
      const text = 'The operation was aborted due to timeout'
      setTimeout(() => {
        controller.abort(new DOMException(text, 'TimeoutError'))
      }, ms)
      return controller.signal
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

  /** Moves the clocks on; no timer is due before that. */
  moveTo(now: number): void {
    const ms = Math.floor(now) - this.now
    if (ms > 0) this.#clock.tick(ms)
  }

  /** Fires the next timer, alone, at its moment. */
  fire(): void {
    this.#clock.next()
  }

  /** Gives the host its clocks and timers back. */
  uninstall(): void {
    this.#clock.uninstall()
    Math.random = this.#random
    AbortSignal.timeout = this.#abortTimeout
  }
}
