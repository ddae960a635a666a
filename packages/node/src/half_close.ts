import { isError, OpError, type Conn, type HalfCloser } from '@net/contract'
import { isRefusal } from '@net/stubs'

/**
 * Ends the writing of a connection, where it has a half-close, and gives whether it has: a stack such as Plan 9's has none. Nothing
 * is closed where there is none. Rejects with the connection's errors.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { endWriting } from '@net/node/half-close'
 *
 * const [a, b] = pipe()
 * console.log(await endWriting(a)) // false
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export async function endWriting(conn: Conn): Promise<boolean> {
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

/**
 * Makes the error, of code ECONNABORTED, of a reader whose connection was closed to end its writing, as it has no half-close: what
 * the peer still had to say is lost.
 */
export function cutError({ localAddr, remoteAddr }: Pick<Conn, 'localAddr' | 'remoteAddr'>): OpError {
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
