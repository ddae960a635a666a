import { UnixAddr, UnknownNetworkError } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type IOOptions,
  type ListenOptions,
  type UnixConn,
  type UnixListener,
  type UnixNetwork,
  type UnixSockGroup,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { abi } from './abi/system.ts'
import { StreamSocket } from './conn.ts'
import { FD, type Names } from './fd.ts'
import { missingAddress } from './ipsock.ts'
import { ListenSocket } from './listener.ts'
import { dialSocket, listenSocket, type SocketSpec } from './sock.ts'
import { putUnix, resetLength, wsa, wsaLength, wsaUnixAddr } from './sockaddr.ts'
import { getpeername, getsockname, unlink } from './syscall.ts'

function namesOf(net: UnixNetwork): Names {
  return {
    local(fd) {
      resetLength()
      return getsockname(fd, wsa, wsaLength) < 0 ? null : wsaUnixAddr(net)
    },
    remote(fd) {
      resetLength()
      return getpeername(fd, wsa, wsaLength) < 0 ? null : wsaUnixAddr(net)
    },
  }
}

const names = namesOf('unix')

/** A Unix socket connection of the kernel. */
export class UnixSocket extends StreamSocket<UnixAddr> implements UnixConn {
  /** Takes over a connected socket. */
  constructor(fd: FD) {
    // A read ends early where the sender's credentials or descriptors change, so it says nothing about what is left.
    super(fd, false)
  }

  get localAddr(): UnixAddr {
    return this.fd.localAddr as UnixAddr
  }

  get remoteAddr(): UnixAddr {
    return this.fd.remoteAddr as UnixAddr
  }
}

/** A Unix listener of the kernel. */
export class UnixListenSocket extends ListenSocket<UnixConn, UnixAddr> implements UnixListener {
  #path: string
  #unlink = true

  /** Takes over a listening socket that was bound to `addr`. */
  constructor(fd: FD, addr: UnixAddr) {
    super(fd)
    this.#path = /^[@\0]/.test(addr.name) ? '' : addr.name
  }

  get addr(): UnixAddr {
    return this.fd.localAddr as UnixAddr
  }

  acceptUnix(options?: IOOptions): Promise<UnixConn> {
    return this.accept(options)
  }

  setUnlinkOnClose(on: boolean): void {
    this.#unlink = on
  }

  // The file goes first: whoever finds it gone may bind the name at once.
  override close(): Promise<void> {
    if (this.#unlink && this.#path !== '' && !this.fd.isClosed) unlink(this.#path)
    this.#path = ''
    return super.close()
  }

  protected connection(fd: number): UnixConn {
    const accepted = new FD(fd, this.fd.net, names)
    accepted.setAddrs(undefined, wsaUnixAddr('unix'))
    return new UnixSocket(accepted)
  }
}

function spec(network: UnixNetwork, laddr: UnixAddr | null): SocketSpec {
  if (network !== 'unix') {
    if ((network as string) === 'unixgram' || (network as string) === 'unixpacket') throw ErrUnsupported
    throw new UnknownNetworkError(network)
  }
  return {
    net: network,
    family: abi.AF_UNIX,
    v6only: false,
    sotype: abi.SOCK_STREAM,
    proto: 0,
    names,
    laddr,
    putLocal: () => putUnix(laddr?.name ?? ''),
  }
}

/** Listens at once: the address is there when it returns. Throws an {@link OpError}. */
export function listenUnixSync(
  network: UnixNetwork,
  laddr: UnixAddr | null,
  options: ListenOptions = {},
): UnixListener {
  try {
    const s = spec(network, laddr)
    if (laddr === null) throw missingAddress()
    return new UnixListenSocket(listenSocket(s, options), laddr)
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/** Unix sockets of the kernel. */
export const unixsock: UnixSockGroup = {
  async dialUnix(network, laddr, raddr, options: DialOptions = {}) {
    let s: SocketSpec
    try {
      s = spec(network, laddr)
      if (raddr === null) throw missingAddress()
    } catch (e) {
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
    const fd = await dialSocket({ ...s, raddr, putRemote: () => putUnix(raddr.name) }, options)
    fd.setAddrs(undefined, raddr)
    return new UnixSocket(fd)
  },

  async listenUnix(network, laddr, options) {
    return await Promise.resolve(listenUnixSync(network, laddr, options))
  },
}
