import type { Handle } from '@net/io'
import { ffi } from '../sys/ffi.ts'
import { closeDescriptor, closeLeftover, leaveDescriptor } from '../sys/descriptor.ts'
import { schedYield } from '../sys/syscall.ts'
import type { Watch } from '../ffi/ffi.ts'
import { openSelector } from './open.ts'
import type { Newcomer, Pollable, Selector } from './selector.ts'
import { SpinPolicy, type Spin } from './spin_policy.ts'
import { TurnCalls } from './turn_calls.ts'

/**
 * Every so many looks of a spin ask for everybody's events; the others only read where the last event was.
 */
const LOOKS = 4

/**
 * Looks at a newcomer, three of four looks, before it is registered: within so many a name server of the same machine answers most
 * queries of a process that is still being compiled, and those take 5 of 80 µs less. Others that had the last event wait for the
 * fourth look meanwhile, which is a few microseconds.
 */
const TRIES = 24

const settled = Promise.resolve()

/**
 * The thread's events: one selector, watched by the host's event loop, and what is registered with it. After
 * events it may go on looking for more before it sleeps, as its {@link SpinPolicy} says.
 */
export class Poller implements Handle {
  /** How often the event loop woke the poller. An idle process adds nothing to it. */
  wakeUps = 0
  /** How often the poller looked again by itself. */
  spins = 0
  /** The calls that are made together. */
  readonly turn = new TurnCalls()
  readonly #selector: Selector
  readonly #watch: Watch
  readonly #slots: (Pollable | null)[] = []
  readonly #generations: number[] = []
  readonly #freeSlots: number[] = []
  #held = 0
  #watchHeld = false
  #releasing = false
  readonly #policy = new SpinPolicy()
  readonly #clock = performance // whose getter takes as long as a look at it
  #spinning = false
  #isLooking = false
  #looks = 0
  #last: Pollable | null = null
  #newcomer: Newcomer | null = null
  #tries = 0

  /** Opens the thread's selector and watches it. */
  constructor() {
    this.#selector = openSelector()
    this.#watch = ffi().watch(this.#selector.fd, () => {
      this.#wake()
    })
  }

  /** Sets how long to spin. It holds for the whole thread. */
  setSpin(spin: Spin): void {
    this.#policy.set(spin)
  }

  /** Registers a descriptor, as {@link Selector.add} says, and gives its slot, or a negated error number. */
  add(fd: number, pollable: Pollable, writes: boolean): number {
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    const generation = (this.#generations[slot] ?? 0) + 1
    const result = this.#selector.add(fd, slot, generation, writes)
    this.#slots[slot] = result < 0 ? null : pollable
    this.#generations[slot] = generation >>> 0
    if (result < 0) this.#freeSlots.push(slot)
    return result < 0 ? result : slot
  }

  /**
   * Takes what expects an answer, and for which a descriptor was just made. While the poller looks for events anyhow it looks at
   * this first, as most answers to such come soon; otherwise, or when none has come, it is told to have itself registered.
   */
  expect(newcomer: Newcomer): void {
    this.#settleNewcomer()
    if (!this.#spinning) {
      newcomer.register()
      return
    }
    this.#newcomer = newcomer
    this.#tries = TRIES
  }

  /** Forgets a newcomer that was not registered. */
  dismiss(newcomer: Newcomer): void {
    if (this.#newcomer === newcomer) this.#newcomer = null
  }

  /**
   * Closes a descriptor that was forgotten or never registered. While the poller looks for events that is done when it looks again,
   * which it does anyhow and with nothing else to do.
   */
  close(fd: number): void {
    if (this.#isLooking) leaveDescriptor(fd)
    else closeDescriptor(fd)
  }

  /** Tells of room, too, from now on, what has a slot. Gives 0 or a negated error number. */
  addWrites(fd: number, slot: number): number {
    return this.#selector.addWrites(fd, slot, this.#generations[slot] ?? 0)
  }

  /** Forgets what was registered, before its descriptor is closed, though others may have the open file. */
  remove(fd: number, slot: number): void {
    this.#selector.remove(fd)
    this.forget(slot)
  }

  /**
   * The same for a descriptor that is the only one of its open file: closing it takes it from the kernel's
   * queue. Events of it that are on their way are dropped.
   */
  forget(slot: number): void {
    if (this.#last === this.#slots[slot]) this.#last = null
    this.#slots[slot] = null
    this.#freeSlots.push(slot)
  }

  /** Counts a descriptor whose operations wait and keep the process alive. */
  ref(): void {
    if (++this.#held === 1 && !this.#watchHeld) {
      this.#watchHeld = true
      this.#watch.ref()
    }
  }

  /** Takes a {@link ref} back. */
  unref(): void {
    // Most programs begin their next operation before the event loop turns, which would make unref and ref
    // again in vain.
    if (--this.#held === 0 && !this.#releasing) {
      this.#releasing = true
      setImmediate(this.#settleHold)
    }
  }

  /**
   * Notes that data streams rather than comes and goes: a read of tens of kilobytes, or a full send buffer.
   */
  bulk(): void {
    this.#policy.streams()
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

  #poll(): number {
    const events = this.#selector.fetch()
    // Most looks find nothing, so what delivers events is apart.
    if (events > 0) this.#deliver(events)
    return events
  }

  #deliver(events: number): void {
    this.turn.begin(events)
    this.#selector.deliver(this.#find)
    if (this.turn.end()) this.#last = null // Any of several may have the next event.
  }

  // The next event mostly comes from the descriptor of the last one: reading there at once saves the call
  // that asks the kernel.
  #found(): boolean {
    if (++this.#looks % LOOKS === 0) return this.#poll() > 0
    const direct = (this.#newcomer ?? this.#last)?.tryRead?.() ?? null
    if (direct === false && --this.#tries === 0) this.#settleNewcomer()
    return direct ?? this.#poll() > 0
  }

  #settleNewcomer(): void {
    const newcomer = this.#newcomer
    this.#newcomer = null
    newcomer?.register()
  }

  #wake(): void {
    this.wakeUps++
    this.#policy.woke()
    if (this.#poll() === 0) return
    if (this.#policy.wokeToEvents(this.#clock.now())) this.#spinSoon()
  }

  // Node runs a tick queued by a microtask after all of the user's microtasks: the write that answers what
  // was just read goes out before the poller looks for more.
  #spinSoon(): void {
    if (this.#spinning || !this.#policy.enabled) return
    this.#spinning = true
    // A reaction of a promise and not queueMicrotask(), as Node makes an object of its own kind for each of those.
    void settled.then(this.#afterMicrotasks)
  }

  readonly #afterMicrotasks = (): void => {
    process.nextTick(this.#look)
  }

  readonly #look = (): void => {
    this.#spinning = false
    closeLeftover()
    this.#isLooking = true
    this.#lookForMore()
    this.#isLooking = false
    if (this.#spinning) return
    closeLeftover()
    this.#settleNewcomer()
  }

  #lookForMore(): void {
    const policy = this.#policy
    while (this.#held > 0 && policy.enabled) {
      this.spins++
      const found = this.#found()
      const now = this.#clock.now()
      if (found) {
        if (policy.found(now)) this.#spinSoon()
        else this.#spinNextTurn()
        return
      }
      if (policy.yields()) {
        schedYield()
        if (!policy.yielded(now, this.#clock.now() - now)) return
      }
      const next = policy.afterNothing(now)
      if (next === 'look') continue
      if (next === 'turn') this.#spinNextTurn()
      return
    }
  }

  #spinNextTurn(): void {
    if (this.#spinning || !this.#policy.enabled) return
    this.#spinning = true
    setImmediate(this.#lookInNewTurn)
  }

  readonly #lookInNewTurn = (): void => {
    this.#policy.turned(this.#clock.now())
    this.#look()
  }
}

let thread: Poller | null = null

/**
 * The thread's poller, made on first use. Throws where there are no kernel sockets, or no descriptor is left.
 */
export function poller(): Poller {
  return (thread ??= new Poller())
}
