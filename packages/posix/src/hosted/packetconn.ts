import type { Addr, IP } from '@net/addr'
import {
  ErrClosed,
  ErrWriteToConnected,
  OpError,
  type ControlOptions,
  type DatagramOptions,
  type File,
  type InterfaceName,
  type IOOptions,
  type MulticastMembership,
  type PacketConn,
  type QueuedError,
  type RawConn,
  checkBuffer,
  checkNumber,
  missingAddress,
} from '@net/contract'
import { LaneConn, untilClosed } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { copyPacket } from './batch.ts'
import { ReceiveOp, SendOp, type DatagramHandle, type Packet, type Sender } from './datagram.ts'
import { callError } from './errors.ts'
import { hostAddress } from './ipsock.ts'
import { HostedMulticast } from './multicast.ts'

/** What addresses of internet sockets have. */
type InetAddr = Addr & { readonly ip: IP | null; readonly zone: string }

/** A socket of packets with an internet address: what UDP and raw IP have in common. */
export abstract class HostedPacketConn<A extends InetAddr>
  extends LaneConn<A>
  implements PacketConn<A>, DatagramOptions
{
  protected readonly handle: DatagramHandle
  readonly #version: 4 | 6
  readonly #connected: boolean
  readonly #multicast: HostedMulticast

  /** Takes over a bound or connected socket of an IP version. */
  constructor(handle: DatagramHandle, version: 4 | 6) {
    super()
    this.handle = handle
    this.#version = version
    this.#connected = handle.remoteAddr !== null
    this.#multicast = new HostedMulticast(handle, version)
  }

  /** The address that stands for no peer. */
  protected abstract noPeer(): A
  /** The address of a packet's sender. */
  protected abstract sender(from: Sender): A
  /** The port that a packet for an address is given to the host with. */
  protected abstract port(addr: A): number
  /** Rejects what is no address of the socket's kind. */
  protected abstract checkAddr(addr: unknown): TypeError | null

  override get remoteAddr(): A {
    return this.#connected ? super.remoteAddr : this.noPeer()
  }

  get addr(): A {
    return this.localAddr
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrWindows))
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  syscallConn(): RawConn {
    throw this.handle.optionError(ErrWindows, 'raw-control')
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (p.byteLength === 0 && !handle.isClosed) return Promise.resolve(0)
    return handle.reading.run(new ReceiveOp(handle, 'read', p, (packet) => copyPacket(packet, p)), options)
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

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: A]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.#receive(p, (packet) => [copyPacket(packet, p), this.sender(packet.from)], options)
  }

  writeTo(p: Uint8Array, addr: A, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? this.checkAddr(addr)
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (this.#connected) return Promise.reject(this.writeError(addr, ErrWriteToConnected))
    const port = this.port(addr)
    let host: string
    try {
      host = hostAddress(this.#version, { ip: addr.ip, zone: addr.zone, port }, false)
    } catch (e) {
      return Promise.reject(this.writeError(addr, e as Error))
    }
    return handle.writing.run(new SendOp(handle, p, addr, { host, port }), options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, A]> {
    if (p !== undefined) {
      const [n, addr] = await this.readFrom(p)
      return [p.subarray(0, n), addr]
    }
    return await this.#receive(null, ({ data, from }) => [new Uint8Array(data), this.sender(from)])
  }

  send(p: Uint8Array, addr: A): Promise<number> {
    return this.writeTo(p, addr)
  }

  setReadBuffer(bytes: number): void {
    checkNumber(bytes, 'the size of a buffer')
    this.handle.setReadBuffer(bytes)
  }

  setWriteBuffer(bytes: number): void {
    checkNumber(bytes, 'the size of a buffer')
    this.handle.set((socket) => socket.setSendBufferSize(bytes))
  }

  /** Refuses: the host does not give control messages. */
  setControlMessages(_options: ControlOptions): void {
    this.handle.refuse()
  }

  /** Refuses: the host has no error queue. */
  setErrorQueue(_on: boolean): void {
    this.handle.refuse()
  }

  /** Refuses: the host has no error queue. */
  readErrors(): QueuedError[] {
    return this.handle.refuse('get')
  }

  /** Refuses: the host has no such option. */
  bindToDevice(_name: string): void {
    this.handle.refuse()
  }

  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.#multicast.joinGroup(group, iface, source)
  }

  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.#multicast.leaveGroup(group, iface, source)
  }

  joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    return this.#multicast.joinMulticastV4(group, ifAddr)
  }

  joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return this.#multicast.joinMulticastV6(group, ifIndex)
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.#multicast.setMulticastInterface(iface)
  }

  setMulticastLoopback(on: boolean): void {
    this.#multicast.setMulticastLoopback(on)
  }

  setMulticastTTL(ttl: number): void {
    this.#multicast.setMulticastTTL(ttl)
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, A], void, undefined> {
    return untilClosed(() => this.receive())
  }

  /** What is wrong with a packet's address: none on a socket without a peer, one on a socket with a peer. */
  protected addressError(addr: A | null): Error | null {
    if (this.#connected) return addr === null ? null : ErrWriteToConnected
    return addr === null ? missingAddress() : null
  }

  /** Makes the error of a write to an address. */
  protected writeError(addr: Addr | null, cause: Error): OpError {
    return new OpError('write', this.handle.net, this.localAddr, addr, cause)
  }

  /** Refuses what the host does not have: control messages. */
  protected refused(op: string, addr: A | null): Promise<never> {
    const cause = this.handle.isClosed ? ErrClosed : ErrWindows
    return Promise.reject(new OpError(op, this.handle.net, this.localAddr, addr, cause))
  }

  #receive<T>(p: Uint8Array | null, finish: (packet: Packet) => T, options?: IOOptions): Promise<T> {
    return this.handle.reading.run(new ReceiveOp(this.handle, 'recvfrom', p, finish), options)
  }
}
