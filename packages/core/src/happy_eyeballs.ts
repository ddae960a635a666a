import type { Addr } from '@net/addr'
import { OpError, type Conn } from '@net/contract'
import { race, rejected } from '@net/io'
import { dialError } from './dial_error.ts'
import { isIPv4 } from './resolve_addr.ts'

/** Dials one address by a moment on the monotonic clock, Infinity for any. Rejects with the signal's reason when it aborts. */
export type DialOne = (addr: Addr, at: number, signal: AbortSignal | undefined) => Promise<Conn>

// An address gets at least this long, in milliseconds, while that much is left: less is of no use to any of them.
const SANE_MINIMUM = 2000

/**
 * The moment by which the next of `remaining` addresses must have answered, when all of them have until `deadline`: each
 * gets an equal share of what is left. All in milliseconds on one clock; Infinity means none, and gives none. Null when
 * the deadline has passed.
 */
export function partialDeadline(now: number, deadline: number, remaining: number): number | null {
  if (deadline === Infinity) return Infinity
  const left = deadline - now
  if (left <= 0) return null
  return now + Math.min(left, Math.max(left / remaining, SANE_MINIMUM))
}

/** The addresses with the families in turn, beginning with the first one's; within a family they keep their order. */
export function interleave(addrs: readonly Addr[]): Addr[] {
  const first = addrs[0]
  const four = first !== undefined && isIPv4(first)
  const [one, other] = [addrs.filter((a) => isIPv4(a) === four), addrs.filter((a) => isIPv4(a) !== four)]
  return Array.from({ length: Math.max(one.length, other.length) }, (_, i) => [one[i], other[i]])
    .flat()
    .filter((a) => a !== undefined)
}

/**
 * Dials addresses one after the other, each for its share of the time, until one answers. Rejects with the error of all,
 * or with the signal's reason.
 */
export async function dialSerial(
  addrs: readonly Addr[],
  at: number,
  signal: AbortSignal | undefined,
  dialOne: DialOne,
): Promise<Conn> {
  const errors: unknown[] = []
  for (const [i, addr] of addrs.entries()) {
    const limit = partialDeadline(performance.now(), at, addrs.length - i)
    if (limit === null && errors.length > 0) break
    try {
      return await race(dialOne(addr, limit ?? at, signal), { signal }, drop)
    } catch (e) {
      signal?.throwIfAborted()
      errors.push(e)
    }
  }
  throw dialError(errors)
}

/**
 * Dials addresses beside each other: the next begins when one has failed or `delay` milliseconds have passed, and the
 * first to answer wins (RFC 8305, section 5). No attempt is given up for being slow: each has until `at`. The losers are
 * cancelled, and closed when they come all the same. Rejects with the error of all, or with the signal's reason.
 */
export function dialParallel(
  addrs: readonly Addr[],
  delay: number,
  at: number,
  signal: AbortSignal | undefined,
  dialOne: DialOne,
): Promise<Conn> {
  return new Race(addrs, delay, at, signal, dialOne).run()
}

// A connection that comes too late: how its end goes is nobody's concern any more.
function drop(conn: Conn): void {
  conn.close().catch(() => {})
}

/** Attempts beside each other. */
class Race {
  readonly #addrs: readonly Addr[]
  readonly #delay: number
  readonly #at: number
  readonly #signal: AbortSignal | undefined
  readonly #dialOne: DialOne
  readonly #losers = new AbortController()
  readonly #errors: unknown[] = [] // by the order of the addresses
  #next = 0
  #pending = 0
  #over = false
  #timer: NodeJS.Timeout | undefined
  #resolve: (conn: Conn | Promise<never>) => void = () => {}
  #reject: (e: unknown) => void = () => {}

  constructor(
    addrs: readonly Addr[],
    delay: number,
    at: number,
    signal: AbortSignal | undefined,
    dialOne: DialOne,
  ) {
    this.#addrs = addrs
    this.#delay = delay
    this.#at = at
    this.#signal = signal
    this.#dialOne = dialOne
  }

  async run(): Promise<Conn> {
    this.#signal?.throwIfAborted()
    const first = new Promise<Conn>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#begin()
    })
    try {
      return await race(first, { signal: this.#signal }, drop)
    } finally {
      this.#end()
    }
  }

  #begin(): void {
    clearTimeout(this.#timer)
    const i = this.#next++
    const addr = this.#addrs[i]
    if (this.#over || addr === undefined) return
    this.#pending++
    this.#dialOne(addr, this.#at, this.#losers.signal).then(
      (conn) => {
        this.#answered(conn)
      },
      (e: unknown) => {
        this.#failed(i, e)
      },
    )
    if (this.#next < this.#addrs.length && this.#delay !== Infinity) {
      this.#timer = setTimeout(() => {
        this.#begin()
      }, this.#delay)
    }
  }

  #answered(conn: Conn): void {
    if (this.#over) {
      drop(conn)
      return
    }
    this.#resolve(conn)
    this.#end()
  }

  #failed(i: number, e: unknown): void {
    this.#pending--
    if (this.#over) return
    this.#errors[i] = e
    if (this.#next < this.#addrs.length && performance.now() < this.#at) this.#begin()
    else if (this.#pending === 0) this.#fail(dialError(Object.values(this.#errors)))
  }

  #fail(e: unknown): void {
    if (e instanceof OpError) this.#resolve(rejected(e))
    else this.#reject(e)
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    this.#losers.abort(this.#signal?.reason)
  }
}
