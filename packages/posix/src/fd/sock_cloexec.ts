import { socketDisabledIPv6 } from '@net/io'
import { EAFNOSUPPORT, ECONNABORTED, EMFILE, ENFILE } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { closeLeftover, ownDescriptor, reserveDescriptor } from '../sys/descriptor.ts'
import { getLength, resetLength, sockaddrIn, sockaddrInLength } from '../wire/sockaddr.ts'
import * as sys from '../sys/syscall.ts'

// Every descriptor is close-on-exec and non-blocking from birth. Darwin has no flags for that, so there both
// are set right after.

/** The flags that a new socket is opened with, 0 where the system has none. */
export const socketFlags = abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC
/**
 * Makes a new socket close-on-exec and non-blocking unless the `flags` it was opened with did so. Gives `fd`,
 * also when that is a negated error number.
 */
export function configureSocket(fd: number, flags: number): number {
  if (fd < 0 || flags !== 0) return fd
  sys.fcntl(fd, abi.F_SETFD, abi.FD_CLOEXEC)
  sys.fcntl(fd, abi.F_SETFL, sys.fcntl(fd, abi.F_GETFL, 0) | abi.O_NONBLOCK)
  return fd
}

/**
 * Opens a socket; `flags` 0 means that the kernel knows no flags for a new socket. Gives its descriptor or a
 * negated error number.
 */
export function openSocket(family: number, sotype: number, proto: number, flags = socketFlags): number {
  if (family === abi.AF_INET6 && socketDisabledIPv6()) return EAFNOSUPPORT
  const reserved = reserveDescriptor()
  if (reserved < 0) return reserved
  let fd = sys.socket(family, sotype | flags, proto)
  // The number that is missing may be that of a socket which is done and not closed yet.
  if ((fd === EMFILE || fd === ENFILE) && closeLeftover()) fd = sys.socket(family, sotype | flags, proto)
  return ownDescriptor(configureSocket(fd, flags))
}

/**
 * Accepts a connection and leaves the peer's address in {@link sockaddrIn}. `flags` as for {@link
 * openSocket}. Gives its descriptor or a negated error number.
 */
export function acceptSocket(fd: number, flags = socketFlags): number {
  resetLength()
  const accepted = flags === 0 ? acceptPlain(fd) : sys.accept4(fd, sockaddrIn, sockaddrInLength, flags)
  return ownDescriptor(configureSocket(accepted, flags))
}

// Darwin accepts a connection that died in the queue, without an address, where others report an error (Go's
// sock_cloexec.go).
function acceptPlain(fd: number): number {
  const accepted = sys.accept(fd, sockaddrIn, sockaddrInLength)
  if (accepted < 0 || getLength() > 0) return accepted
  sys.close(accepted)
  return ECONNABORTED
}
