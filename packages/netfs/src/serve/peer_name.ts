import type { Conn, RawConn } from '@net/contract'
import { subscriberOf } from '@net/io'
import { system } from '../base/system.ts'

/**
 * The name of the peer that a connection comes from: the identity that it has proved with TLS, else the user
 * at the other end of a Unix socket, else its address. Connections that tell none of these are one peer.
 */
export function peerName(conn: Conn): string {
  if ('identity' in conn && typeof conn.identity === 'string') return `identity ${conn.identity}`
  const { remoteAddr } = conn
  if ('ip' in remoteAddr) return subscriberOf(remoteAddr)
  const uid = userOf(conn)
  return uid === null ? remoteAddr.network : `user ${uid}`
}

function userOf(conn: Conn): number | null {
  const option = system.user
  if (option === null || !('syscallConn' in conn)) return null
  try {
    const raw = (conn as { syscallConn(): RawConn }).syscallConn()
    const cred = raw.getsockopt(option.level, option.name, option.size)
    return new DataView(cred.buffer, cred.byteOffset, cred.byteLength).getUint32(option.uid, true)
  } catch {
    return null // a target without descriptors
  }
}
