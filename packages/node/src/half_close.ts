import { isRefusal } from '@net/stubs'
import { OpError, type Conn, type HalfCloser, isError } from '@net/contract'

/**
 * Ends the writing where the connection has a half-close, and gives whether it has: false leaves it to close to tell the peer that
 * nothing more comes. A peer that has gone already is no error. Rejects with the connection's other errors.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { closeWrite } from '@net/node'
 *
 * const [a, b] = pipe()
 * console.log(await closeWrite(a)) // false
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export async function closeWrite(conn: Conn): Promise<boolean> {
  if (!canHalfClose(conn)) return false
  try {
    await conn.closeWrite()
  } catch (e) {
    if (isRefusal(e)) return false
    // The peer has gone already, and so needs to hear of no end.
    if (!(isError(e) && 'code' in e && e.code === 'ENOTCONN')) throw e
  }
  return true
}

/** The error of a reader whose connection was closed to end it. */
export function cutError({ localAddr, remoteAddr }: Conn): OpError {
  const cause = new Error('the connection was closed to end it, as it has no half-close')
  return new OpError(
    'read',
    localAddr.network,
    localAddr,
    remoteAddr,
    Object.assign(cause, { code: 'ECONNABORTED' }),
  )
}

function canHalfClose(conn: Conn): conn is HalfCloser {
  return 'closeWrite' in conn && typeof conn.closeWrite === 'function'
}
