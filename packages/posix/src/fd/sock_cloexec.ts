import { socketDisabledIPv6 } from '@net/io'
import { EAFNOSUPPORT, ECONNABORTED } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { ownDescriptor, reserveDescriptor } from '../sys/descriptor.ts'
import { getLength, resetLength, wsa, wsaLength } from '../wire/sockaddr.ts'
import * as sys from '../sys/syscall.ts'

// Every descriptor is close-on-exec and non-blocking from birth; darwin has no flags for it, so there it is told after.

/** The flags of a socket's birth, 0 where the system has none. */
export const socketFlags = abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC
/** Makes a new socket close-on-exec and non-blocking where `flags`, those of its birth, did not. Passes on what is negative. */
export function configureSocket(fd: number, flags: number): number {
  if (fd < 0 || flags !== 0) return fd
  sys.fcntl(fd, abi.F_SETFD, abi.FD_CLOEXEC)
  sys.fcntl(fd, abi.F_SETFL, sys.fcntl(fd, abi.F_GETFL, 0) | abi.O_NONBLOCK)
  return fd
}

/** Opens a socket. `flags` are those of its birth, 0 where there are none. Gives its descriptor or a negated error number. */
export function openSocket(family: number, sotype: number, proto: number, flags = socketFlags): number {
  if (family === abi.AF_INET6 && socketDisabledIPv6()) return EAFNOSUPPORT
  const reserved = reserveDescriptor()
  if (reserved < 0) return reserved
  return ownDescriptor(configureSocket(sys.socket(family, sotype | flags, proto), flags))
}

/**
 * Accepts a connection and leaves the peer's address in {@link wsa}. `flags` as for {@link openSocket}. Gives its descriptor
 * or a negated error number.
 */
export function acceptSocket(fd: number, flags = socketFlags): number {
  resetLength()
  const accepted = flags === 0 ? acceptPlain(fd) : sys.accept4(fd, wsa, wsaLength, flags)
  return ownDescriptor(configureSocket(accepted, flags))
}

// Darwin hands out connections that died in the queue, without an address, instead of an error: so says Go.
function acceptPlain(fd: number): number {
  const accepted = sys.accept(fd, wsa, wsaLength)
  if (accepted < 0 || getLength() > 0) return accepted
  sys.close(accepted)
  return ECONNABORTED
}
