import { UDPAddr, type Addr, type IP } from '@net/addr'
import {
  ErrClosed,
  ErrWriteToConnected,
  OpError,
  type ControlOptions,
  type File,
  type InterfaceName,
  type IOOptions,
  type Message,
  type MulticastMembership,
  type QueuedError,
  type RawConn,
  type UDPConn,
  checkAddr,
  checkBuffer,
  checkMessages,
  missingAddress,
} from '@net/contract'
import { LaneConn, untilClosed } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { copyPacket, readBatch, writeBatch } from './batch.ts'
import { ReceiveOp, SendOp, type DatagramHandle, type Packet } from './datagram.ts'
import { callError } from './errors.ts'
import { hostAddress } from './ipsock.ts'
import { HostedMulticast } from './multicast.ts'

const noPeer = new UDPAddr(null, 0)

/** A UDP socket of the host. */
export class HostedUDPConn extends LaneConn<UDPAddr> implements UDPConn {
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

  override get remoteAddr(): UDPAddr {
    return this.#connected ? super.remoteAddr : noPeer
  }

  get addr(): UDPAddr {
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

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.#receive(p, (packet) => [copyPacket(packet, p), this.handle.sender(packet.from)], options)
  }

  writeTo(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UDPAddr')
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (this.#connected) return Promise.reject(this.#writeError(addr, ErrWriteToConnected))
    let host: string
    try {
      host = hostAddress(this.#version, addr, false)
    } catch (e) {
      return Promise.reject(this.#writeError(addr, e as Error))
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
    this.handle.setReadBuffer(bytes)
  }

  setWriteBuffer(bytes: number): void {
    checkSize(bytes)
    this.handle.set((socket) => socket.setSendBufferSize(bytes))
  }

  /** Refuses: the host does not give control messages. */
  readMsgUDP(_p: Uint8Array, _oob: Uint8Array): Promise<never> {
    return this.#refused('read', null)
  }

  /** Refuses: the host does not take control messages. */
  writeMsgUDP(_p: Uint8Array, _oob: Uint8Array, addr: UDPAddr | null): Promise<never> {
    return this.#refused('write', addr)
  }

  readBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) return Promise.reject(wrong)
    if (messages.length === 0 && !this.handle.isClosed) return Promise.resolve(0)
    return readBatch(this.handle, messages, options)
  }

  /** Sends the packets one by one, as the host does; control messages beside them are refused. */
  async writeBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) throw wrong
    for (const { addr, oob } of messages) {
      const unfit = addr === null ? null : checkAddr(addr, 'a UDPAddr')
      if (unfit !== null) throw unfit
      const cause = oob !== undefined && oob.byteLength > 0 ? ErrWindows : this.#addressError(addr)
      if (cause !== null) throw Object.assign(this.#writeError(addr, cause), { n: 0 })
    }
    if (this.handle.isClosed) {
      const to = messages[0]?.addr ?? this.handle.remoteAddr
      throw Object.assign(this.#writeError(to, ErrClosed), { n: 0 })
    }
    return await writeBatch(this, messages, options)
  }

  /** Gives false: the host's sockets do not put packets together. */
  setGRO(_on: boolean): boolean {
    this.handle.checkOpen()
    return false
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

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UDPAddr], void, undefined> {
    return untilClosed(() => this.receive())
  }

  #addressError(addr: UDPAddr | null): Error | null {
    if (this.#connected) return addr === null ? null : ErrWriteToConnected
    return addr === null ? missingAddress() : null
  }

  #writeError(addr: Addr | null, cause: Error): OpError {
    return new OpError('write', this.handle.net, this.localAddr, addr, cause)
  }

  #refused(op: string, addr: UDPAddr | null): Promise<never> {
    const cause = this.handle.isClosed ? ErrClosed : ErrWindows
    return Promise.reject(new OpError(op, this.handle.net, this.localAddr, addr, cause))
  }

  #receive<T>(p: Uint8Array | null, finish: (packet: Packet) => T, options?: IOOptions): Promise<T> {
    return this.handle.reading.run(new ReceiveOp(this.handle, 'recvfrom', p, finish), options)
  }
}

function checkSize(bytes: unknown): void {
  if (typeof bytes !== 'number') throw new TypeError('the size of a buffer is not a number')
}
