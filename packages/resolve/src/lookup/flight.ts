import { DNSError, ErrDeadlineExceeded, type LookupOptions } from '@net/contract'
import { DeadlineTimer, deadlineAt } from '@net/io'
import { Cancellation } from '../client/cancellation.ts'

/** A lookup under way, for all who wait for it. */
interface Flight<T> {
  readonly key: string
  readonly cancellation: Cancellation
  readonly waiting: Set<Waiter<T>>
}

/**
 * The lookups under way. Whoever asks for what is already being asked for shares its result; each can leave, on its
 * signal or deadline, without harm to the others, and when all have left the lookup itself is cancelled.
 */
export class Flights {
  readonly #flights = new Map<string, Flight<unknown>>()
  readonly #timeout: number

  /** Makes an empty set. Each wait takes `timeout` milliseconds at most; 0 means no limit. */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** How many lookups are under way. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the lookup `key`, or starts it. `name` is what errors call it. One key must always stand for one type of
   * result.
   */
  run<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (cancellation: Cancellation) => Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal, deadline = null } = options
      signal?.throwIfAborted()
      const at = this.#limit(deadline)
      if (at !== Infinity && at <= performance.now()) throw timedOut(name)
      const flight = (this.#flights.get(key) as Flight<T> | undefined) ?? this.#start(key, start)
      flight.waiting.add(
        new Waiter<T>(resolve, reject, name, at, signal, (waiter) => {
          this.#left(flight, waiter)
        }),
      )
    })
  }

  #limit(deadline: LookupOptions['deadline']): number {
    const limit = this.#timeout === 0 ? Infinity : performance.now() + this.#timeout
    return deadline === undefined || deadline === null ? limit : Math.min(limit, deadlineAt(deadline))
  }

  #start<T>(key: string, start: (cancellation: Cancellation) => Promise<T>): Flight<T> {
    const cancellation = new Cancellation()
    const flight: Flight<T> = { key, cancellation, waiting: new Set() }
    this.#flights.set(key, flight as Flight<unknown>)
    start(cancellation).then(
      (value) => {
        this.#remove(flight)
        for (const waiter of flight.waiting) waiter.landed(value)
      },
      (e: unknown) => {
        this.#remove(flight)
        for (const waiter of flight.waiting) waiter.failed(e)
      },
    )
    return flight
  }

  #left<T>(flight: Flight<T>, waiter: Waiter<T>): void {
    flight.waiting.delete(waiter)
    if (flight.waiting.size > 0) return
    // Whoever comes from now on does not get a lookup that is being cancelled.
    this.#remove(flight)
    flight.cancellation.cancel()
  }

  #remove<T>(flight: Flight<T>): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key)
  }
}

/** One who waits for a lookup, until its end, a deadline or a signal. */
class Waiter<T> {
  readonly #resolve: (value: T) => void
  readonly #reject: (e: unknown) => void
  readonly #signal: AbortSignal | undefined
  readonly #timer: DeadlineTimer | null
  readonly #left: (waiter: Waiter<T>) => void

  /** Begins to wait. `left` is called when it is given up before the lookup ends. */
  constructor(
    resolve: (value: T) => void,
    reject: (e: unknown) => void,
    name: string,
    at: number,
    signal: AbortSignal | undefined,
    left: (waiter: Waiter<T>) => void,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    this.#left = left
    this.#timer =
      at === Infinity
        ? null
        : new DeadlineTimer(() => {
            this.#leave(timedOut(name))
          })
    this.#timer?.set(at)
    signal?.addEventListener('abort', this)
  }

  landed(value: T): void {
    this.#stop()
    this.#resolve(value)
  }

  failed(e: unknown): void {
    this.#stop()
    this.#reject(e)
  }

  /** Takes the event of the signal. */
  handleEvent(): void {
    this.#leave(this.#signal?.reason)
  }

  #leave(reason: unknown): void {
    this.failed(reason)
    this.#left(this)
  }

  #stop(): void {
    this.#timer?.clear()
    this.#signal?.removeEventListener('abort', this)
  }
}

function timedOut(name: string): DNSError {
  return new DNSError('i/o timeout', name, { isTimeout: true, isTemporary: true, cause: ErrDeadlineExceeded })
}
