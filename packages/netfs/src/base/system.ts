import { endianness } from 'node:os'

/** The socket option by which a system tells the user at the other end of a Unix connection. */
interface UserOption {
  readonly level: number
  readonly name: number
  /** The bytes of its value. */
  readonly size: number
  /** The offset of the user's number in them. */
  readonly uid: number
}

/** The names of setsockopt(2) in netinet/in.h and netinet6/in6.h. */
interface HopOptions {
  readonly IP_TTL: number
  readonly IP_TOS: number
  readonly IPV6_UNICAST_HOPS: number
  readonly IPV6_TCLASS: number
}

/** What is known of the system that a target's sockets may be of. */
interface System {
  /** Null where the system tells no user. */
  readonly user: UserOption | null
  /** Null where the numbers are not known. */
  readonly hops: HopOptions | null
  /** Whether files have the permissions of Unix. */
  readonly hasModes: boolean
  /** Whether /proc tells the limits of a process. */
  readonly hasProc: boolean
  /** Whether control messages are laid out as sys/socket.h and linux/in.h have them with 64-bit words. */
  readonly hasPacketInfo: boolean
}

const bsd: HopOptions = { IP_TTL: 4, IP_TOS: 3, IPV6_UNICAST_HOPS: 4, IPV6_TCLASS: 61 }
const none: System = { user: null, hops: null, hasModes: true, hasProc: false, hasPacketInfo: false }

// The numbers of the user's option are those of sys/socket.h and sys/un.h: SO_PEERCRED with struct ucred or sockpeercred, and
// LOCAL_PEERCRED with struct xucred.
const systems: Partial<Record<string, System>> = {
  linux: {
    user: { level: 1, name: 17, size: 12, uid: 4 },
    hops: { IP_TTL: 2, IP_TOS: 1, IPV6_UNICAST_HOPS: 16, IPV6_TCLASS: 67 },
    hasModes: true,
    hasProc: true,
    hasPacketInfo: process.arch.endsWith('64') && endianness() === 'LE',
  },
  openbsd: { ...none, user: { level: 0xffff, name: 0x1022, size: 12, uid: 0 }, hops: bsd },
  freebsd: { ...none, user: { level: 0, name: 1, size: 88, uid: 4 }, hops: bsd },
  darwin: { ...none, user: { level: 0, name: 1, size: 76, uid: 4 }, hops: { ...bsd, IPV6_TCLASS: 36 } },
  win32: { ...none, hasModes: false },
}

/** The system that this process runs on; no other file of the package asks which it is. */
export const system: System = systems[process.platform] ?? none
