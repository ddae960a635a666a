import { SimError } from './sim_error.ts'
import type { Time } from './time.ts'
import { VirtualClock } from './virtual_clock.ts'

/** How long a run may go on. */
export interface RunLimits {
  /** How much virtual time may pass, in milliseconds. */
  readonly time: number
  /** How many events may happen. */
  readonly events: number
}

// Taken before any run puts its own in their place.
const realImmediate = setImmediate
const realTimeout = setTimeout

const QUIET = 2 // turns of the real event loop without a call, after which programs are taken to wait for virtual time
const SPINS = 64 // timers of one moment, after which it passes: a program that asks again and again must not stop time
const LOOK = 1024 // waits for programs between two looks at what else the process does
const PATIENCE = 50 // real milliseconds that a body which waits for nothing simulated is given

let current: object | null = null

/** Runs a body while virtual time passes, from event to event: the body's clocks and timers are of virtual time. */
export class VirtualRun {
  readonly #time: Time
  readonly #limits: RunLimits
  readonly #clock: VirtualClock
  readonly #end: { readonly time: number; readonly events: number }
  readonly #before: Map<string, number>
  #looks = 0

  private constructor(time: Time, limits: RunLimits, epoch: number, random: () => number) {
    this.#time = time
    this.#limits = limits
    this.#end = { time: time.now + limits.time, events: time.happened + limits.events }
    this.#before = resources()
    this.#clock = new VirtualClock(epoch, time.now, random)
  }

  /** Runs a body to its end, and gives what it gives. Rejects with a SimError within another run, and when it cannot end. */
  static async run<T>(
    time: Time,
    limits: RunLimits,
    epoch: number,
    random: () => number,
    body: () => Promise<T> | T,
  ): Promise<T> {
    if (current !== null) throw new SimError('NESTED', 'a run within a run: there is one virtual time')
    current = time
    try {
      // What real time has begun in this turn of the loop comes to its end.
      await new Promise<void>((resolve) => realImmediate(resolve))
      const run = new VirtualRun(time, limits, epoch, random)
      try {
        return await run.#go(body)
      } finally {
        run.#clock.uninstall()
      }
    } finally {
      current = null
    }
  }

  async #go<T>(body: () => Promise<T> | T): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null
    const ended = (async () => body())().then(
      (value) => {
        outcome = { value }
      },
      (error: unknown) => {
        outcome = { error }
      },
    )
    let spins = 0
    await this.#programs()
    while (outcome === null) {
      const [packets, timers] = [this.#time.next, this.#clock.next]
      const at = Math.max(Math.min(packets, timers), this.#time.now)
      this.#check(at)
      if (at === Infinity) {
        await this.#stuck(ended, () => outcome !== null)
      } else if (packets <= timers || spins > SPINS) {
        spins = 0
        this.#clock.moveTo(at)
        if (packets > at) this.#clock.moveTo(at + 1)
        else this.#events(packets)
        if (this.#time.touched) await this.#programs()
      } else {
        spins = at > this.#time.now ? 0 : spins + 1
        this.#time.now = at
        this.#clock.fire()
        this.#time.happened++
        await this.#programs()
      }
    }
    const { error, value } = outcome as { error?: unknown; value?: T }
    if ('error' in (outcome as object)) throw error
    return value as T
  }

  // All events of one moment, before programs see any.
  #events(at: number): void {
    this.#clock.moveTo(at)
    while (this.#time.next <= at && this.#time.happened < this.#end.events) this.#time.step()
  }

  // Lets programs go on until they wait for something simulated.
  async #programs(): Promise<void> {
    for (let quiet = 0; quiet < QUIET;) {
      this.#time.touched = false
      await new Promise<void>((resolve) => realImmediate(resolve))
      quiet = this.#time.touched ? 0 : quiet + 1
    }
    if (++this.#looks % LOOK === 0) this.#refuseOutside()
  }

  #check(at: number): void {
    if (at !== Infinity && at > this.#end.time)
      throw new SimError('LIMIT', `the body has not ended within ${this.#limits.time} ms of virtual time`)
    if (this.#time.happened >= this.#end.events)
      throw new SimError('LIMIT', `the body has not ended within ${this.#limits.events} events`)
  }

  // Nothing simulated is to come. What the body waits for may come from outside, which is told of, or from a few turns of the loop.
  async #stuck(ended: Promise<void>, isOver: () => boolean): Promise<void> {
    this.#refuseOutside()
    await Promise.race([ended, new Promise<void>((resolve) => realTimeout(resolve, PATIENCE))])
    if (isOver() || this.#time.next !== Infinity || this.#clock.next !== Infinity) return
    this.#refuseOutside()
    throw new SimError('STUCK', 'the body waits for something that nothing will bring about')
  }

  #refuseOutside(): void {
    const outside: string[] = []
    for (const [name, n] of resources()) {
      if (n > (this.#before.get(name) ?? 0)) outside.push(name)
    }
    if (outside.length > 0) {
      const what = outside.join(', ')
      throw new SimError('OUTSIDE', `the body uses something real, which no seed can bring back: ${what}`)
    }
  }
}

// What the process has open beside timers, as far as the host tells.
function resources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo?.() ?? []) {
    if (name !== 'Timeout' && name !== 'Immediate') counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
