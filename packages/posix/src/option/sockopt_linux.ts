// Constants of linux/in.h, linux/mptcp.h and asm/socket.h.
import { ENOPROTOOPT } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { getsockoptBytes } from '../sys/sockopt.ts'
import { setsockopt } from '../sys/syscall.ts'

/** The protocol of multipath TCP's sockets. */
export const IPPROTO_MPTCP = 262

/** The level of multipath TCP's options. */
export const SOL_MPTCP = 284

/** The option that keeps a socket to one interface. */
export const SO_BINDTODEVICE = 25

/** The option that tells the state of multipath TCP. */
export const MPTCP_INFO = 1

const encoder = new TextEncoder()
/** SO_BINDTODEVICE, socket(7): keeps to one interface; '' lifts it. Only linux has it. */
export function bindToDevice(fd: number, name: string): number {
  if (!abi.has.SO_BINDTODEVICE) return ENOPROTOOPT
  const bytes = encoder.encode(`${name}\0`)
  return setsockopt(fd, abi.SOL_SOCKET, SO_BINDTODEVICE, bytes, bytes.byteLength)
}

/**
 * MPTCP_INFO, which a connection that is, or has fallen back to, plain TCP does not have. Only linux has
 * others.
 */
export function isMultipathTCP(fd: number): boolean {
  if (!abi.has.multipathTCP) return false
  return getsockoptBytes(fd, SOL_MPTCP, MPTCP_INFO, new Uint8Array(4)) >= 0
}
