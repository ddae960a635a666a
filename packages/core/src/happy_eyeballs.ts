import type { Addr } from '@net/addr'
import type { Conn } from '@net/contract'

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

/** Dials addresses one after the other, until one answers. Rejects with the first one's error. */
export async function dialSerial(
  addrs: readonly Addr[],
  at: number,
  signal: AbortSignal | undefined,
  dialOne: DialOne,
): Promise<Conn> {
  const errors: unknown[] = []
  for (const [i, addr] of addrs.entries()) {
    signal?.throwIfAborted()
    const limit = partialDeadline(performance.now(), at, addrs.length - i)
    if (limit === null && errors.length > 0) break
    try {
      return await dialOne(addr, limit ?? at, signal)
    } catch (e) {
      errors.push(e)
    }
  }
  signal?.throwIfAborted()
  throw errors[0]
}

/**
 * Dials the primaries and, when they have failed or `delay` milliseconds have passed, the fallbacks beside them; the
 * first to answer wins and the other is cancelled or closed (RFC 8305). No attempt is given up before its deadline
 * for being slow. When all fail, it rejects with the primaries' error.
 */
export async function dialParallel(
  primaries: readonly Addr[],
  fallbacks: readonly Addr[],
  delay: number,
  at: number,
  signal: AbortSignal | undefined,
  dialOne: DialOne,
): Promise<Conn> {
  if (fallbacks.length === 0) return dialSerial(primaries, at, signal, dialOne)
  signal?.throwIfAborted()
  const race = new AbortController()
  const follow = (): void => race.abort(signal?.reason)
  signal?.addEventListener('abort', follow)
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Conn>((resolve, reject) => {
      let won = false
      const run = async (addrs: readonly Addr[]): Promise<void> => {
        const conn = await dialSerial(addrs, at, race.signal, dialOne)
        if (won) return conn.close()
        won = true
        resolve(conn)
      }
      let second: Promise<void> | undefined
      const fallBack = (): Promise<void> => (second ??= run(fallbacks))
      const ignore = (): void => {} // it counts only when the primaries have failed too, and then theirs is told
      timer = setTimeout(() => void fallBack().catch(ignore), delay)
      run(primaries).catch((e: unknown) => fallBack().catch(() => reject(e)))
    })
  } catch (e) {
    signal?.throwIfAborted()
    throw e
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
    race.abort()
  }
}
