import { DeadlineTimer, deadlineAt, DNSError, ErrDeadlineExceeded, type LookupOptions } from '@net/contract'
import { Cancellation } from './cancellation.ts'

/** A lookup under way, for all who wait for it. */
interface Flight<T> {
  readonly cancellation: Cancellation
  readonly result: Promise<T>
  waiting: number
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
  async run<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (cancellation: Cancellation) => Promise<T>,
  ): Promise<T> {
    const { signal, deadline = null } = options
    signal?.throwIfAborted()
    const limit = this.#timeout === 0 ? Infinity : performance.now() + this.#timeout
    const at = Math.min(limit, deadline === null ? Infinity : deadlineAt(deadline))
    if (at <= performance.now()) throw timedOut(name)
    const flight = (this.#flights.get(key) as Flight<T> | undefined) ?? this.#start(key, start)
    return this.#wait(key, flight, signal, at, name)
  }

  #start<T>(key: string, start: (cancellation: Cancellation) => Promise<T>): Flight<T> {
    const cancellation = new Cancellation()
    const flight: Flight<T> = { cancellation, result: start(cancellation), waiting: 0 }
    this.#flights.set(key, flight)
    const landed = (): void => {
      this.#remove(key, flight)
    }
    flight.result.then(landed, landed)
    return flight
  }

  #wait<T>(
    key: string,
    flight: Flight<T>,
    signal: AbortSignal | undefined,
    at: number,
    name: string,
  ): Promise<T> {
    flight.waiting++
    return new Promise((resolve, reject) => {
      let waits = true
      const stop = (): boolean => {
        if (!waits) return false
        waits = false
        flight.waiting--
        timer?.clear()
        signal?.removeEventListener('abort', abort)
        return true
      }
      const leave = (reason: unknown): void => {
        if (!stop()) return
        reject(reason)
        if (flight.waiting > 0) return
        // Whoever comes from now on does not get a lookup that is being cancelled.
        this.#remove(key, flight)
        flight.cancellation.cancel()
      }
      const abort = (): void => {
        leave(signal?.reason)
      }
      const timer =
        at === Infinity
          ? null
          : new DeadlineTimer(() => {
              leave(timedOut(name))
            })
      timer?.set(at)
      signal?.addEventListener('abort', abort)
      flight.result.then(
        (value) => {
          if (stop()) resolve(value)
        },
        (e: unknown) => {
          if (stop()) reject(e)
        },
      )
    })
  }

  #remove(key: string, flight: Flight<unknown>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}

function timedOut(name: string): DNSError {
  return new DNSError('i/o timeout', name, { isTimeout: true, isTemporary: true, cause: ErrDeadlineExceeded })
}
