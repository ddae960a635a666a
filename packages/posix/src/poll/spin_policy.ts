import { isLogging } from '@net/io'

/**
 * How long to poll for the next event before sleeping: microseconds, 'auto' for the default, 'off' for not at
 * all.
 */
export type Spin = number | 'auto' | 'off'

/** Milliseconds without an event after which a spin ends: longer than a round trip between two busy cores. */
const SPIN = 0.2
/**
 * Milliseconds between two wake-ups below which spinning pays: a round trip to a peer that sleeps takes less.
 */
const GAP = 0.3
/**
 * Milliseconds after which the event loop gets its turn, as timers and other handles wait while a spin goes
 * on.
 */
const TURN = 1
/**
 * Short gaps in a row that are remembered: more would let a peer that fell silent be waited for too often.
 */
const CREDIT = 4
/**
 * Credit that a spin in vain costs: more than an event earns, so that spins which miss as often as they find
 * end.
 */
const MISS = 2
/**
 * Milliseconds: a yield that lasts longer gave the core to a busy stranger and not to a peer that answers.
 */
const TAKEN = 0.1
/** Microseconds lost to such yields, less what was made up for, after which spinning rests. */
const CROWDED = 10_000
/** Microseconds that an event makes up for: half of what spinning saves in a round trip. */
const SAVED = 5
/**
 * Milliseconds that the first rest lasts: the process's own compiler crowds a core, too, but not for long. One that follows a spin
 * shorter than the rest before it lasts twice as long.
 */
const REST = 50
/** Milliseconds that no rest exceeds, so that a core which was crowded once is tried again. */
const LONGEST_REST = 5000
/** Milliseconds: a yield that is over sooner found nobody else on the core. */
const ALONE = 0.006
/** Yields in vain to somebody else, less two for each event, after which spinning rests: a peer that answers does so in the first. */
const COMPANY = 64
/** Looks between two yields on a core that nobody else wants, where most yields would be in vain. */
const LOOKS_PER_YIELD = 4

/**
 * When a poller goes on looking for events before it sleeps. A round trip to a sleeping process costs several
 * times one to a busy one, so spinning pays where events come close together; it does not where others want
 * the core, as a thread that spins uses its share up and then waits longer than one that slept.
 *
 * It looks at no clock and no socket: the poller tells it what happened and when, in milliseconds of
 * performance.now().
 */
export class SpinPolicy {
  #limit = SPIN
  #streams = false
  #credit = 0
  #lost = 0 // whole microseconds, as a number that became a fraction later would make compiled code of no use
  #rest = 0
  #restUntil = -Infinity
  #alone = false
  #company = 0
  #looks = 0
  #lastEvent = -Infinity
  #turnStart = 0

  /** Sets how long to spin. What was learnt about other users of the core is forgotten. */
  set(spin: Spin): void {
    this.#limit = spin === 'auto' ? SPIN : spin === 'off' ? 0 : spin / 1000
    this.#lost = this.#company = 0
    this.#restUntil = -Infinity
  }

  /** Whether looking may pay at all: it is not off, data does not stream, and nobody has to read a log of every look. */
  get enabled(): boolean {
    return this.#limit > 0 && !this.#streams && !isLogging
  }

  /**
   * Data streams rather than comes and goes, which lasts until the next wake-up: looking for more only delays
   * it.
   */
  streams(): void {
    this.#streams = true
  }

  /** The event loop woke the poller. */
  woke(): void {
    this.#streams = false
  }

  /** The wake-up found events. Gives whether to spin for more. */
  wokeToEvents(now: number): boolean {
    if (now - this.#lastEvent < GAP) this.#credit = Math.min(this.#credit + 1, CREDIT)
    else if (this.#credit > 0) this.#credit--
    this.#lastEvent = this.#turnStart = now
    if (now < this.#restUntil) return false
    this.#makeUp()
    return this.#credit > 0
  }

  /** A spin goes on in a new turn of the event loop. */
  turned(now: number): void {
    this.#turnStart = now
  }

  /**
   * A look found events. Gives whether to look again in this turn of the event loop; else it is for the next
   * turn.
   */
  found(now: number): boolean {
    this.#lastEvent = now
    if (this.#credit < CREDIT) this.#credit++
    this.#makeUp()
    return now - this.#turnStart < TURN
  }

  /**
   * A look found nothing. Gives whether to yield the core before the next one: without it two processes that
   * spin on one core wait out each other's time slice.
   */
  yields(): boolean {
    return !this.#alone || ++this.#looks % LOOKS_PER_YIELD === 0
  }

  /**
   * A yield that began at `now` lasted `taken` milliseconds. Gives false when others want the core so much
   * that spinning is to rest.
   */
  yielded(now: number, taken: number): boolean {
    this.#alone = taken < ALONE
    if (!this.#alone) this.#company++
    if (taken > TAKEN) this.#lost += Math.round(taken * 1000)
    if (this.#lost < CROWDED && this.#company < COMPANY) return true
    const inVain = now - this.#restUntil < this.#rest
    this.#rest = inVain ? Math.min(2 * this.#rest, LONGEST_REST) : REST
    this.#restUntil = now + taken + this.#rest
    // What is tried after the rest ends with the first time slice that it loses.
    this.#lost = CROWDED - TAKEN * 1000
    this.#company = 0
    return false
  }

  /**
   * What to do after a look at `now` that found nothing: look again, leave that to the next turn, or sleep.
   */
  afterNothing(now: number): 'look' | 'turn' | 'sleep' {
    if (now - this.#lastEvent > this.#limit) {
      this.#credit = Math.max(this.#credit - MISS, 0)
      return 'sleep'
    }
    return now - this.#turnStart > TURN ? 'turn' : 'look'
  }

  #makeUp(): void {
    this.#lost = Math.max(this.#lost - SAVED, 0)
    this.#company = Math.max(this.#company - 2, 0)
  }
}
