import { EventQueue, type SimEvent } from './event_queue.ts'

/** What moves simulated time forward. */
export interface Driver {
  /** An event was planned that comes before all others. */
  planned(): void
  /** The number of operations that programs wait for has become 0, or more than that. */
  held(on: boolean): void
  /** A program calls, or is about to be told something. */
  touched(): void
}

/** Simulated time: what is to happen, the moment it is, and whether a program has been told something. */
export class Time {
  /** Milliseconds since the network was made. */
  now = 0
  /** How many events have happened. */
  happened = 0
  /** Whether a program called the network, or was told something by it, since this was last set to false. */
  touched = false
  /** What moves it on. */
  driver: Driver | null = null
  readonly #queue = new EventQueue()
  #holding = 0

  /** When the next event is; Infinity when there is none. */
  get next(): number {
    return this.#queue.next?.at ?? Infinity
  }

  /** How many events are planned. */
  get planned(): number {
    return this.#queue.size
  }

  /** Plans something for so many milliseconds from now. */
  after(ms: number, run: () => void): SimEvent {
    const event = this.#queue.add(this.now + ms, run)
    if (this.#queue.next === event) this.driver?.planned()
    return event
  }

  /** Takes back what was planned; what has happened already is left alone. */
  cancel(event: SimEvent): void {
    this.#queue.delete(event)
  }

  /** Lets the next event happen, and moves to its moment. */
  step(): void {
    const event = this.#queue.next
    if (event === null) return
    this.#queue.delete(event)
    if (event.at > this.now) this.now = event.at
    this.happened++
    event.run()
  }

  /** Notes that a program called the network, or was told something by it. */
  touch(): void {
    this.touched = true
    this.driver?.touched()
  }

  /** Counts operations that programs wait for and that keep the process alive. */
  hold(change: number): void {
    const before = this.#holding
    this.#holding += change
    if ((before === 0) !== (this.#holding === 0)) this.driver?.held(this.#holding > 0)
  }
}

/** A timer that is set, moved and cleared again and again, as those of a connection are. */
export class Timer {
  readonly #time: Time
  readonly #run: () => void
  readonly #look: () => void
  #at = Infinity
  #event: SimEvent | null = null

  /** Makes a timer that is not set. */
  constructor(time: Time, run: () => void) {
    this.#time = time
    this.#run = run
    this.#look = () => {
      this.#event = null
      const at = this.#at
      if (at === Infinity) return
      if (at > this.#time.now) {
        this.#event = this.#time.after(at - this.#time.now, this.#look)
      } else {
        this.#at = Infinity
        this.#run()
      }
    }
  }

  /** Whether it is set. */
  get isSet(): boolean {
    return this.#at !== Infinity
  }

  /** Sets it to so many milliseconds from now. */
  set(ms: number): void {
    this.#at = this.#time.now + ms
    // An event that comes too early looks again; only one that comes too late has to be moved.
    if (this.#event !== null && this.#event.at <= this.#at) return
    if (this.#event !== null) this.#time.cancel(this.#event)
    this.#event = this.#time.after(ms, this.#look)
  }

  /** Clears it. */
  clear(): void {
    this.#at = Infinity
    if (this.#event === null) return
    this.#time.cancel(this.#event)
    this.#event = null
  }
}
