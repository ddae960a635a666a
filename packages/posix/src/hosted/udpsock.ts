import { createSocket, type Socket } from 'node:dgram'
import { UDPAddr } from '@net/addr'
import {
  ErrClosed,
  ErrDeadlineExceeded,
  ErrWriteToConnected,
  OpError,
  type IOOptions,
  type ListenOptions,
  type Message,
  type UDPConn,
  type UDPNetwork,
  type UDPSockGroup,
  checkAddr,
  checkBuffer,
  checkNetwork,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { deadlineAt, untilClosed } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { DatagramHandle, ReceiveOp, SendOp, type Packet } from './datagram.ts'
import { callError, hostError } from './errors.ts'
import { hostAddress, parseHostAddress, socketFamily, type Family } from './ipsock.ts'
import { HostedPacketConn } from './multicast.ts'
import { refuseReusePort } from './host_features.ts'

const noPeer = new UDPAddr(null, 0)

function copy(packet: Packet, p: Uint8Array): number {
  const n = Math.min(packet.data.byteLength, p.byteLength)
  p.set(packet.data.subarray(0, n))
  return n
}

/** A UDP socket of the host. */
class HostedUDPConn extends HostedPacketConn implements UDPConn {
  readonly #connected: boolean

  /** Takes over a bound or connected socket. */
  constructor(handle: DatagramHandle, version: 4 | 6) {
    super(handle, version)
    this.#connected = handle.remoteAddr !== null
  }

  get addr(): UDPAddr {
    return this.localAddr
  }

  override get remoteAddr(): UDPAddr {
    return this.#connected ? super.remoteAddr : noPeer
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (p.byteLength === 0 && !handle.isClosed) return Promise.resolve(0)
    return handle.reading.run(new ReceiveOp(handle, 'read', p, (packet) => copy(packet, p)), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (!this.#connected && !handle.isClosed) {
      return Promise.reject(handle.opError('write', callError('write', 'EDESTADDRREQ')))
    }
    return handle.writing.run(new SendOp(handle, p, null, null), options)
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.#receive(p, (packet) => [copy(packet, p), this.handle.sender(packet.from)], options)
  }

  writeTo(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UDPAddr')
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    const error = (cause: Error): OpError => new OpError('write', handle.net, handle.localAddr, addr, cause)
    if (this.#connected) return Promise.reject(error(ErrWriteToConnected))
    let host: string
    try {
      host = hostAddress(this.version, addr, false)
    } catch (e) {
      return Promise.reject(error(e as Error))
    }
    return handle.writing.run(new SendOp(handle, p, addr, { host, port: addr.port }), options)
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
    return await this.#receive(null, ({ data, from }) => [new Uint8Array(data), this.handle.sender(from)])
  }

  send(p: Uint8Array, addr: UDPAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  setReadBuffer(bytes: number): void {
    checkSize(bytes)
    this.#set(() => this.handle.setReadBuffer(bytes))
  }

  setWriteBuffer(bytes: number): void {
    checkSize(bytes)
    this.#set(() => this.handle.setWriteBuffer(bytes))
  }

  /** Refuses: the host does not give control messages. */
  readMsgUDP(_p: Uint8Array, _oob: Uint8Array): Promise<never> {
    return this.#refused('read', null)
  }

  /** Refuses: the host does not take control messages. */
  writeMsgUDP(_p: Uint8Array, _oob: Uint8Array, addr: UDPAddr | null): Promise<never> {
    return this.#refused('write', addr)
  }

  /** Refuses: the host reads and sends packets one by one. */
  readBatch(_messages: Message[]): Promise<never> {
    return this.#refused('read', null)
  }

  /** Refuses, as {@link readBatch}. */
  writeBatch(_messages: Message[]): Promise<never> {
    return this.#refused('write', null)
  }

  /** Gives false: the host's sockets do not put packets together. */
  setGRO(_on: boolean): boolean {
    this.checkOpen()
    return false
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UDPAddr], void, undefined> {
    return untilClosed(() => this.receive())
  }

  #refused(op: string, addr: UDPAddr | null): Promise<never> {
    const cause = this.handle.isClosed ? ErrClosed : ErrWindows
    return Promise.reject(new OpError(op, this.handle.net, this.localAddr, addr, cause))
  }

  #receive<T>(p: Uint8Array | null, finish: (packet: Packet) => T, options?: IOOptions): Promise<T> {
    return this.handle.reading.run(new ReceiveOp(this.handle, 'recvfrom', p, finish), options)
  }

  #set(option: () => void): void {
    this.checkOpen()
    try {
      option()
    } catch (e) {
      throw new OpError('set', this.handle.net, null, this.localAddr, hostError(e, 'setsockopt'))
    }
  }
}

function checkSize(bytes: unknown): void {
  if (typeof bytes !== 'number') throw new TypeError('the size of a buffer is not a number')
}

/**
 * Waits for the event by which the host reports the outcome of a call on a socket. Rejects with a bare error.
 */
function outcome(socket: Socket, event: 'listening' | 'connect', call: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (e: Error): void => reject(hostError(e))
    socket.once('error', failed)
    socket.once(event, () => {
      socket.off('error', failed)
      resolve()
    })
    call()
  })
}

async function bound(family: Family, laddr: UDPAddr | null, options: HostOptions): Promise<Socket> {
  const { version, v6only } = family
  const address = hostAddress(version, laddr, true)
  const socket = createSocket({ type: `udp${version}`, ipv6Only: v6only, ...options })
  try {
    await outcome(socket, 'listening', () => {
      // Without `exclusive`, a worker of a cluster would get the primary's socket instead of its own.
      socket.bind({ address, port: laddr?.port ?? 0, exclusive: true })
    })
    socket.setBroadcast(true)
    return socket
  } catch (e) {
    socket.close()
    throw e
  }
}

interface HostOptions {
  readonly reuseAddr?: boolean
  readonly reusePort?: boolean
}

function addrOf({ address, port }: { address: string; port: number }): UDPAddr {
  const { ip, zone } = parseHostAddress(address)
  return new UDPAddr(ip, port, zone)
}

async function connected(network: UDPNetwork, laddr: UDPAddr | null, raddr: UDPAddr): Promise<HostedUDPConn> {
  const family = socketFamily(network, laddr, raddr, 'dial')
  const host = hostAddress(family.version, raddr, false)
  const socket = await bound(family, laddr, {})
  try {
    await outcome(socket, 'connect', () => socket.connect(raddr.port, host))
    const handle = new DatagramHandle(
      socket,
      network,
      addrOf(socket.address()),
      addrOf(socket.remoteAddress()),
    )
    return new HostedUDPConn(handle, family.version)
  } catch (e) {
    socket.close()
    throw hostError(e, 'connect')
  }
}

/**
 * Binds; a multicast address stands for its port on every address of its family, shared with other such
 * sockets.
 */
async function listened(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  options: ListenOptions,
): Promise<HostedUDPConn> {
  checkNetwork(network, 'udp')
  if (options.control !== undefined) throw ErrWindows
  refuseReusePort(options.reusePort)
  const family = socketFamily(network, laddr, null, 'listen')
  const multicast = laddr?.ip?.isMulticast === true
  if (multicast) hostAddress(family.version, laddr, true) // refuses an address of the other family
  const socket = await bound(family, multicast ? new UDPAddr(null, laddr.port) : laddr, {
    reuseAddr: options.reuseAddress ?? multicast,
    ...(options.reusePort === true ? { reusePort: true } : {}),
  })
  return new HostedUDPConn(
    new DatagramHandle(socket, network, addrOf(socket.address()), null),
    family.version,
  )
}

/** UDP over the host's sockets. */
export const hostedUDPSockGroup: UDPSockGroup = {
  async dialUDP(network, laddr, raddr, options = {}) {
    checkAddrs('a UDPAddr', laddr, raddr)
    options.signal?.throwIfAborted()
    try {
      checkNetwork(network, 'udp')
      if (raddr === null) throw missingAddress()
      if (options.control !== undefined) throw ErrWindows
      if (deadlineAt(options.deadline ?? null) <= performance.now()) throw ErrDeadlineExceeded
      return await connected(network, laddr, raddr)
    } catch (e) {
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
  },

  async listenUDP(network, laddr, options = {}) {
    checkAddrs('a UDPAddr', laddr)
    try {
      return await listened(network, laddr, options)
    } catch (e) {
      throw new OpError('listen', network, null, laddr, e as Error)
    }
  },

  async listenMulticastUDP(network, iface, gaddr, options = {}) {
    checkAddrs('a UDPAddr', gaddr)
    let conn: HostedUDPConn | null = null
    try {
      checkNetwork(network, 'udp')
      const group = gaddr?.ip ?? null
      if (group === null) throw missingAddress()
      conn = await listened(network, gaddr, options)
      if (iface !== null) conn.setMulticastInterface(iface)
      conn.setMulticastLoopback(false)
      conn.joinGroup(group, iface)
      return conn
    } catch (e) {
      void conn?.close()
      throw new OpError('listen', network, null, gaddr, e instanceof OpError ? e.cause : (e as Error))
    }
  },
}
