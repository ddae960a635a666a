import type { Driver, Time } from './time.ts'

const LONGEST = 0x7fffffff // milliseconds: the longest delay of a timer

const AT_ONCE = 1000 // events, before programs have their turn

/** Moves simulated time as real time passes. */
export class RealClock implements Driver {
  readonly #time: Time
  readonly #origin = performance.now()
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #keeper: NodeJS.Timeout | undefined
  #running = false
  #held = false

  /** Begins to move it. */
  constructor(time: Time) {
    this.#time = time
    time.driver = this
  }

  planned(): void {
    if (!this.#running) this.#arm()
  }

  held(on: boolean): void {
    this.#held = on
    if (on) this.#keeper ??= setInterval(() => {}, LONGEST)
    else this.#release()
    this.#keep(this.#timer)
    this.#keep(this.#immediate)
  }

  /** Moves it no more. */
  stop(): void {
    this.#time.driver = null
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#release()
  }

  // What a program calls happens at this moment.
  touched(): void {
    if (this.#running) return
    const now = performance.now() - this.#origin
    if (this.#time.next > now && now > this.#time.now) this.#time.now = now
  }

  #release(): void {
    clearInterval(this.#keeper)
    this.#keeper = undefined
  }

  #arm(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
    const { next } = this.#time
    if (next === Infinity) return
    const ms = next - (performance.now() - this.#origin)
    // A timer takes a millisecond at least, which what is due must not wait for.
    if (ms < 1) this.#keep((this.#immediate = setImmediate(this.#run)))
    else this.#keep((this.#timer = setTimeout(this.#run, Math.min(Math.floor(ms), LONGEST))))
  }

  readonly #run = (): void => {
    this.#running = true
    const now = performance.now() - this.#origin
    for (let i = 0; i < AT_ONCE && this.#time.next <= now; i++) this.#time.step()
    this.#running = false
    this.touched()
    this.#arm()
  }

  #keep(handle: { ref(): unknown; unref(): unknown } | undefined): void {
    if (this.#held) handle?.ref()
    else handle?.unref()
  }
}
