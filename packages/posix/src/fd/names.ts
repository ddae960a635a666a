import type { Addr } from '@net/addr'
import { askName, askPeerName } from '../wire/socket_name.ts'

/** Finds the addresses of a socket, which are asked of the kernel only when somebody wants them. One may be packed into a number. */
export interface Names {
  /** The socket's own address, or null. */
  local(fd: number): Addr | number | null
  /** The peer's address, or null. */
  remote(fd: number): Addr | number | null
  /** The address that was packed; absent where none is. */
  unpacked?(packed: number): Addr
}

/** How to ask for the addresses of a kind of socket, each of which `addr` then makes of sockaddrIn. */
export function socketNames(addr: () => Addr | number): Names {
  return {
    local: (fd) => (askName(fd) < 0 ? null : addr()),
    remote: (fd) => (askPeerName(fd) < 0 ? null : addr()),
  }
}
