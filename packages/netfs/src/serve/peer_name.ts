import type { Conn, RawConn } from '@net/contract'
import { subscriberOf } from '@net/io'

/** The socket option by which a system tells the user at the other end of a Unix connection. */
interface UserOption {
  readonly level: number
  readonly name: number
  /** The bytes of its value. */
  readonly size: number
  /** The offset of the user's number in them. */
  readonly uid: number
}

// The numbers are those of sys/socket.h and sys/un.h: SO_PEERCRED with struct ucred or sockpeercred, and
// LOCAL_PEERCRED with struct xucred.
const userOptions: Partial<Record<string, UserOption>> = {
  linux: { level: 1, name: 17, size: 12, uid: 4 },
  openbsd: { level: 0xffff, name: 0x1022, size: 12, uid: 0 },
  freebsd: { level: 0, name: 1, size: 88, uid: 4 },
  darwin: { level: 0, name: 1, size: 76, uid: 4 },
}

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
  const option = userOptions[process.platform]
  if (option === undefined || !('syscallConn' in conn)) return null
  try {
    const raw = (conn as { syscallConn(): RawConn }).syscallConn()
    const cred = raw.getsockopt(option.level, option.name, option.size)
    return new DataView(cred.buffer, cred.byteOffset, cred.byteLength).getUint32(option.uid, true)
  } catch {
    return null // a target without descriptors
  }
}
