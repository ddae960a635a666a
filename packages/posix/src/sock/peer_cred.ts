// Constants and structs of sys/socket.h, sys/un.h and sys/ucred.h.
import type { UnixConn } from '@net/contract'
import type { Kernel } from '../abi/abi.ts'
import { abi } from '../abi/system.ts'

/**
 * Who is at the other end of a Unix socket: the process that connected or listened, or made the pair, as it
 * was then.
 */
export interface PeerCred {
  /** The process, 0 where the system does not tell. */
  readonly pid: number
  /** Its effective user. */
  readonly uid: number
  /** Its effective group. */
  readonly gid: number
}

/**
 * Where a system tells a peer's credentials: an option and the byte offsets of its numbers, all of 4 bytes.
 */
export interface PeerCredLayout {
  readonly level: number
  readonly name: number
  readonly size: number
  /** Null where another option tells it. */
  readonly pid: number | null
  readonly uid: number
  readonly gid: number
}

// linux: struct ucred; openbsd: struct sockpeercred; freebsd and darwin: struct xucred, whose first group is
// the effective one.
/** The layouts by system. */
export const peerCredLayouts: Readonly<Record<Kernel, PeerCredLayout>> = {
  linux: { level: 1, name: 17 /* SO_PEERCRED */, size: 12, pid: 0, uid: 4, gid: 8 },
  openbsd: { level: 0xffff, name: 0x1022 /* SO_PEERCRED */, size: 12, uid: 0, gid: 4, pid: 8 },
  freebsd: { level: 0 /* SOL_LOCAL */, name: 1 /* LOCAL_PEERCRED */, size: 88, uid: 4, gid: 12, pid: 80 },
  darwin: { level: 0 /* SOL_LOCAL */, name: 1 /* LOCAL_PEERCRED */, size: 76, uid: 4, gid: 12, pid: null },
}

const LOCAL_PEERPID = 2 // darwin

/** Reads credentials from the bytes of a system's option. */
export function parsePeerCred(bytes: Uint8Array, layout: PeerCredLayout): PeerCred {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { pid, uid, gid } = layout
  return {
    pid: pid === null ? 0 : view.getInt32(pid, true),
    uid: view.getUint32(uid, true),
    gid: view.getUint32(gid, true),
  }
}

/**
 * The credentials of a Unix connection's peer, which the kernel noted when the connection was made and nobody
 * can forge. Datagram sockets have them only in pairs. Throws an OpError, also where the target has no
 * descriptors.
 *
 * @example
 * ```ts
 * import { peerCred, socketPair } from '@net/posix'
 *
 * const [a, b] = socketPair()
 * console.log(peerCred(a).uid === process.geteuid?.()) // true
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function peerCred(c: UnixConn): PeerCred {
  const raw = c.syscallConn()
  const layout = peerCredLayouts[abi.kernel]
  const cred = parsePeerCred(raw.getsockopt(layout.level, layout.name, layout.size), layout)
  return layout.pid === null ? { ...cred, pid: raw.getsockoptInt(layout.level, LOCAL_PEERPID) } : cred
}
