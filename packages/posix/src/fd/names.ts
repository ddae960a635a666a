import type { Addr } from '@net/addr'
import { askName, askPeerName } from '../wire/socket_name.ts'

/** Finds the addresses of a socket, which are asked of the kernel only when somebody wants them. */
export interface Names {
  /** The socket's own address. */
  local(fd: number): Addr | null
  /** The peer's address, or null. */
  remote(fd: number): Addr | null
  /** The peer's address of what packedPeer made of it; absent where nobody packs one. */
  unpacked?(peer: number): Addr
}

/** How to ask for the addresses of a kind of socket, each of which `addr` then makes of sockaddrIn. */
export function socketNames(addr: () => Addr): Names {
  return {
    local: (fd) => (askName(fd) < 0 ? null : addr()),
    remote: (fd) => (askPeerName(fd) < 0 ? null : addr()),
  }
}
