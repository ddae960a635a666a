import { ffi, schedYield } from '../sys/syscall.ts'
import type { Watch } from '../ffi/ffi.ts'
import { openSelector } from './open.ts'
import type { Pollable, Selector } from './selector.ts'

/** How long to poll for the next event before sleeping: microseconds, 'auto' for the default, 'off' for not at all. */
export type Spin = number | 'auto' | 'off'

const SPIN = 0.2 // milliseconds: longer than a round trip between two busy cores
const GAP = 0.3 // milliseconds between events below which spinning is likely to pay, with a wake-up in it
const TURN = 1 // milliseconds after which the event loop gets its turn
const CREDIT = 4 // how many short gaps in a row are remembered
const MISS = 2 // what a spin in vain costs
const TAKEN = 0.1 // milliseconds: a yield that lasts longer gave the core to others than a peer that answers
const CROWDED = 3 // how many such yields, less what was forgotten, turn spinning off
const LOOKS = 4 // every so many looks of a spin ask for everybody's events, the others read where the last one was
const ALONE = 0.006 // milliseconds: a yield that is over sooner found nobody else on the core
const POLLS = 4 // how many times to look between yields on a core that nobody else wants
const FORGET = 1 / 16 // how much of one the next event makes up for

/**
 * The thread's events: one selector, watched by the host's event loop, and what is registered with it. After events it
 * may go on polling for a while, as a round trip to a sleeping process costs several times one to a busy one; not where
 * others want the core, as a thread that polls uses its share up and then waits longer than one that slept.
 */
export class Poller {
  /** How often the event loop woke the poller. An idle process adds nothing to it. */
  wakeUps = 0
  /** How often the poller looked again by itself. */
  spins = 0
  readonly #selector: Selector
  readonly #watch: Watch
  readonly #slots: (Pollable | null)[] = []
  readonly #generations: number[] = []
  readonly #freeSlots: number[] = []
  #held = 0
  #watchHeld = false
  #releasing = false
  #spin = SPIN
  #spinning = false
  #bulk = false
  #credit = 0
  #crowd = 0
  #alone = false
  #polls = 0
  #looks = 0
  #last: Pollable | null = null
  #lastEvent = 0
  #turnStart = 0

  /** Opens the thread's selector and watches it. */
  constructor() {
    this.#selector = openSelector()
    this.#watch = ffi().watch(this.#selector.fd, () => {
      this.#wake()
    })
  }

  /** Sets how long to spin. It holds for the whole thread. */
  setSpin(spin: Spin): void {
    this.#spin = spin === 'auto' ? SPIN : spin === 'off' ? 0 : spin / 1000
    this.#crowd = 0
  }

  /** Registers a descriptor and gives its slot, or a negated error number. */
  add(fd: number, pollable: Pollable): number {
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    const generation = (this.#generations[slot] ?? 0) + 1
    const result = this.#selector.add(fd, slot, generation)
    this.#slots[slot] = result < 0 ? null : pollable
    this.#generations[slot] = generation >>> 0
    if (result < 0) this.#freeSlots.push(slot)
    return result < 0 ? result : slot
  }

  /** Forgets what was registered, before its descriptor is closed. Events of it that are on their way are dropped. */
  remove(fd: number, slot: number): void {
    this.#selector.remove(fd)
    if (this.#last === this.#slots[slot]) this.#last = null
    this.#slots[slot] = null
    this.#freeSlots.push(slot)
  }

  /** Counts an operation that waits and keeps the process alive. */
  hold(): void {
    if (++this.#held === 1 && !this.#watchHeld) {
      this.#watchHeld = true
      this.#watch.ref()
    }
  }

  /** Takes a {@link hold} back. */
  release(): void {
    // The next operation often begins before the event loop turns: only then is it worth asking.
    if (--this.#held === 0 && !this.#releasing) {
      this.#releasing = true
      setImmediate(this.#settleHold)
    }
  }

  /** Told that data streams rather than comes and goes: bytes by the ten thousand, or a full send buffer. */
  bulk(): void {
    this.#bulk = true
  }

  readonly #settleHold = (): void => {
    this.#releasing = false
    if (this.#held === 0) {
      this.#watchHeld = false
      this.#watch.unref()
    }
  }

  readonly #find = (slot: number, generation: number): Pollable | null =>
    this.#generations[slot] === generation ? (this.#last = this.#slots[slot] ?? null) : null

  // What comes next mostly comes from where the last thing did: a read there saves asking whether there is something.
  #found(): boolean {
    const direct = ++this.#looks % LOOKS === 0 ? null : (this.#last?.tryRead?.() ?? null)
    return direct ?? this.#selector.poll(this.#find) > 0
  }

  #wake(): void {
    this.wakeUps++
    this.#bulk = false
    if (this.#selector.poll(this.#find) === 0) return
    const now = performance.now()
    const gap = now - this.#lastEvent
    this.#lastEvent = this.#turnStart = now
    if (gap < GAP) this.#credit = Math.min(this.#credit + 1, CREDIT)
    else if (this.#credit > 0) this.#credit--
    this.#crowd = Math.max(this.#crowd - FORGET, 0)
    if (this.#credit > 0 && this.#crowd < CROWDED) this.#spinSoon()
  }

  // The tick that follows a microtask runs once all of the user's microtasks have: the write that answers what was just
  // read goes out before the poller looks for more.
  #spinSoon(): void {
    if (this.#spinning || this.#bulk || this.#spin === 0) return
    this.#spinning = true
    queueMicrotask(this.#afterMicrotasks)
  }

  readonly #afterMicrotasks = (): void => {
    process.nextTick(this.#look)
  }

  readonly #look = (): void => {
    this.#spinning = false
    while (this.#held > 0 && !this.#bulk) {
      this.spins++
      const found = this.#found()
      const now = performance.now()
      if (found) {
        this.#lastEvent = now
        if (this.#credit < CREDIT) this.#credit++
        this.#crowd = Math.max(this.#crowd - FORGET, 0)
        if (now - this.#turnStart < TURN) this.#spinSoon()
        else this.#spinNextTurn()
        return
      }
      // Without it two processes that spin on one core wait out each other's time slice; with nobody else there it is in vain.
      if (!this.#alone || ++this.#polls % POLLS === 0) {
        schedYield()
        const taken = performance.now() - now
        this.#alone = taken < ALONE
        if (taken > TAKEN && ++this.#crowd >= CROWDED) return
      }
      if (now - this.#lastEvent > this.#spin) {
        this.#credit = Math.max(this.#credit - MISS, 0)
        return
      }
      if (now - this.#turnStart > TURN) {
        this.#spinNextTurn()
        return
      }
    }
  }

  #spinNextTurn(): void {
    if (this.#spinning || this.#bulk) return
    this.#spinning = true
    setImmediate(this.#lookInNewTurn)
  }

  readonly #lookInNewTurn = (): void => {
    this.#turnStart = performance.now()
    this.#look()
  }
}

let thread: Poller | null = null

/** The thread's poller, made on first use. Throws where there are no kernel sockets, or no descriptor is left. */
export function poller(): Poller {
  return (thread ??= new Poller())
}
