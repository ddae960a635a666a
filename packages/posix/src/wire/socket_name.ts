import { getpeername, getsockname } from '../sys/syscall.ts'
import { resetLength, sockaddrIn, sockaddrInLength } from './sockaddr.ts'

/** Asks for a socket's own address, which comes into {@link sockaddrIn}. Gives 0 or a negated error number. */
export function askName(fd: number): number {
  resetLength()
  return getsockname(fd, sockaddrIn, sockaddrInLength)
}

/** The same for the address of its peer. */
export function askPeerName(fd: number): number {
  resetLength()
  return getpeername(fd, sockaddrIn, sockaddrInLength)
}
