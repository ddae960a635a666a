// Constants of linux/in.h and linux/mptcp.h.
import { ENOPROTOOPT } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { socketOptions } from './options_socket.ts'
import { tcpOptions } from './options_tcp.ts'
import { getsockoptBytes } from '../sys/sockopt.ts'
import { setsockopt } from '../sys/syscall.ts'

/** The protocol of multipath TCP's sockets. */
export const IPPROTO_MPTCP = 262

/** The level of multipath TCP's options. */
export const SOL_MPTCP = 284

const { linux: SO_BINDTODEVICE } = socketOptions.SO_BINDTODEVICE.numbers
const { linux: MPTCP_INFO } = tcpOptions.MPTCP_INFO.numbers
const encoder = new TextEncoder()
/** SO_BINDTODEVICE, socket(7): keeps to one interface; '' lifts it. Only linux has it. */
export function bindToDevice(fd: number, name: string): number {
  if (SO_BINDTODEVICE === undefined || !abi.has.SO_BINDTODEVICE) return ENOPROTOOPT
  const bytes = encoder.encode(`${name}\0`)
  return setsockopt(fd, abi.SOL_SOCKET, SO_BINDTODEVICE, bytes, bytes.byteLength)
}

/**
 * MPTCP_INFO, which a connection that is, or has fallen back to, plain TCP does not have. Only linux has
 * others.
 */
export function isMultipathTCP(fd: number): boolean {
  if (MPTCP_INFO === undefined || !abi.has.multipathTCP) return false
  return getsockoptBytes(fd, SOL_MPTCP, MPTCP_INFO, new Uint8Array(4)) >= 0
}
