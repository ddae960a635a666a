import { abi } from './abi/system.ts'
import { ownDescriptor, reserveDescriptor } from './descriptor.ts'
import { resetLength, wsa, wsaLength } from './sockaddr.ts'
import * as sys from './syscall.ts'

// Every descriptor is close-on-exec and non-blocking from birth; darwin has no flags for it, so there it is told after.

const FLAGS = abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC

function configure(fd: number): number {
  if (fd < 0 || FLAGS !== 0) return fd
  sys.fcntl(fd, abi.F_SETFD, abi.FD_CLOEXEC)
  sys.fcntl(fd, abi.F_SETFL, sys.fcntl(fd, abi.F_GETFL, 0) | abi.O_NONBLOCK)
  return fd
}

/** Opens a socket. Gives its descriptor or a negated error number. */
export function openSocket(family: number, sotype: number, proto: number): number {
  const reserved = reserveDescriptor()
  if (reserved < 0) return reserved
  return ownDescriptor(configure(sys.socket(family, sotype | FLAGS, proto)))
}

/** Accepts a connection and leaves the peer's address in {@link wsa}. Gives its descriptor or a negated error number. */
export function acceptSocket(fd: number): number {
  resetLength()
  const accepted = FLAGS === 0 ? sys.accept(fd, wsa, wsaLength) : sys.accept4(fd, wsa, wsaLength, FLAGS)
  return ownDescriptor(configure(accepted))
}
