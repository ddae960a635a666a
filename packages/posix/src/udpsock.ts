import { UDPAddr } from '@net/addr'
import {
  ErrClosed,
  ErrWriteToConnected,
  isErr,
  OpError,
  type DialOptions,
  type IOOptions,
  type ListenOptions,
  type UDPConn,
  type UDPNetwork,
  type UDPSockGroup,
} from '@net/contract'
import { abi } from './abi/system.ts'
import { checkBuffer, Socket } from './conn.ts'
import type { FD, Names } from './fd.ts'
import { checkNetwork, favoriteAddrFamily, missingAddress, putAddr } from './ipsock.ts'
import { ReceiveOp, SendOp } from './op.ts'
import { dialSocket, listenSocket, type SocketSpec } from './sock.ts'
import { PeerCache, resetLength, wsa, wsaLength, wsaUDPAddr } from './sockaddr.ts'
import { bindToDevice } from './sockopt_linux.ts'
import { check, descriptor } from './rawconn.ts'
import { getpeername, getsockname } from './syscall.ts'

/** How to ask for the addresses of a UDP socket. */
export const udpNames: Names = {
  local(fd) {
    resetLength()
    return getsockname(fd, wsa, wsaLength) < 0 ? null : wsaUDPAddr()
  },
  remote(fd) {
    resetLength()
    return getpeername(fd, wsa, wsaLength) < 0 ? null : wsaUDPAddr()
  },
}

const noPeer = new UDPAddr(null, 0)

// A packet is never longer, so one buffer takes any of them until it is copied into one of its own size.
const MAX_PACKET = 65535
let scratch: Uint8Array | null = null

/** A UDP socket of the kernel. */
export class UDPSocket extends Socket<UDPAddr> implements UDPConn {
  readonly #family: number
  readonly #connected: boolean
  readonly #peers = new PeerCache()

  /** Takes over a bound or connected socket. */
  constructor(fd: FD, family: number, connected: boolean) {
    super(fd, false, 0)
    this.#family = family
    this.#connected = connected
  }

  get localAddr(): UDPAddr {
    return this.fd.localAddr as UDPAddr
  }

  get addr(): UDPAddr {
    return this.localAddr
  }

  get remoteAddr(): UDPAddr {
    return (this.fd.remoteAddr as UDPAddr | null) ?? noPeer
  }

  override read(p: Uint8Array, options?: IOOptions): Promise<number> {
    return super.read(p, options) as Promise<number>
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.fd.reading.run(new ReceiveOp(this.fd, p, this.#withPeer), options?.signal)
  }

  writeTo(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr)
    if (wrong !== null) return Promise.reject(wrong)
    if (this.#connected) {
      return Promise.reject(new OpError('write', this.fd.net, this.localAddr, addr, ErrWriteToConnected))
    }
    const put = (): number => putAddr(this.#family, addr)
    return this.fd.writing.run(new SendOp(this.fd, p, addr, put), options?.signal)
  }

  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, UDPAddr]> {
    if (p !== undefined) {
      const [n, addr] = await this.readFrom(p)
      return [p.subarray(0, n), addr]
    }
    scratch ??= new Uint8Array(MAX_PACKET)
    return this.fd.reading.run(new ReceiveOp(this.fd, scratch, this.#copied))
  }

  send(p: Uint8Array, addr: UDPAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  readonly #withPeer = (n: number): [number, UDPAddr] => [n, this.#peers.get()]

  readonly #copied = (n: number): [Uint8Array<ArrayBuffer>, UDPAddr] => [
    new Uint8Array(scratch?.subarray(0, n) ?? []),
    this.#peers.get(),
  ]

  bindToDevice(name: string): void {
    check(this.fd, 'set', 'setsockopt', bindToDevice(descriptor(this.fd, 'set'), name))
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UDPAddr], void, undefined> {
    for (;;) {
      let packet: [Uint8Array<ArrayBuffer>, UDPAddr]
      try {
        packet = await this.receive()
      } catch (e) {
        if (isErr(e, ErrClosed)) return
        throw e
      }
      yield packet
    }
  }
}

function checkAddr(addr: unknown): TypeError | null {
  return addr instanceof UDPAddr ? null : new TypeError('the address is not a UDPAddr')
}

function spec(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  raddr: UDPAddr | null,
  mode: 'dial' | 'listen',
): SocketSpec {
  checkNetwork(network, 'udp')
  const { family, v6only } = favoriteAddrFamily(network, laddr, raddr, mode)
  return {
    net: network,
    family,
    v6only,
    sotype: abi.SOCK_DGRAM,
    proto: abi.IPPROTO_UDP,
    names: udpNames,
    laddr,
    putLocal: () => putAddr(family, laddr),
  }
}

/** Binds at once: the address is there when it returns. Throws an {@link OpError}. */
export function listenUDPSync(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  options: ListenOptions = {},
): UDPConn {
  try {
    const s = spec(network, laddr, null, 'listen')
    return new UDPSocket(listenSocket(s, options), s.family, false)
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/** UDP over the kernel's sockets. */
export const udpsock: UDPSockGroup = {
  async dialUDP(network, laddr, raddr, options: DialOptions = {}) {
    let s: SocketSpec
    try {
      s = spec(network, laddr, raddr, 'dial')
      if (raddr === null) throw missingAddress()
    } catch (e) {
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
    const fd = await dialSocket({ ...s, raddr, putRemote: () => putAddr(s.family, raddr) }, options)
    return new UDPSocket(fd, s.family, true)
  },

  async listenUDP(network, laddr, options) {
    return await Promise.resolve(listenUDPSync(network, laddr, options))
  },
}
