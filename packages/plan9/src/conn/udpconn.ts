import { type IP, UDPAddr } from '@net/addr'
import {
  ErrWriteToConnected,
  OpError,
  type ControlOptions,
  type Interface,
  type IOOptions,
  type Message,
  type MulticastMembership,
  type QueuedError,
  type ReceivedMessage,
  type SentMessage,
  type UDPConn,
  checkAddr,
  checkBuffer,
  checkMessages,
  missingAddress,
} from '@net/contract'
import { checkKept, isOver, untilClosed } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import { Plan9Conn } from './conn.ts'
import type { Opened } from '../file/open_conversation.ts'
import { type Datagram, withHeader } from './datagram.ts'
import { longestTo, ReceiveOp, Sender, SendOp } from './datagram_op.ts'
import { errno } from '../file/errors.ts'
import { ReadAhead } from './read_ahead.ts'

const noPeer = new UDPAddr(null, 0)

function copyInto(p: Uint8Array, payload: Uint8Array): number {
  const part = payload.subarray(0, p.byteLength)
  p.set(part)
  return part.byteLength
}

/** A UDP conversation: connected to one peer, or announced, with a header before each datagram. */
export class Plan9UDPConn extends Plan9Conn<UDPAddr> implements UDPConn {
  readonly #connected: boolean
  readonly #ahead: ReadAhead
  readonly #sender: Sender
  readonly #parse: (bytes: Uint8Array) => Datagram

  /** Takes over a conversation; `remote` is null where datagrams carry headers. */
  constructor(net: string, files: Opened, local: UDPAddr, remote: UDPAddr | null) {
    super(net, files, local, remote)
    this.#connected = remote !== null
    this.#ahead = new ReadAhead(files.data, true, () => {
      this.handle.reading.wake()
    })
    this.#sender = new Sender(files.data)
    this.#parse = remote === null ? withHeader : (payload) => ({ payload, from: remote })
  }

  override get remoteAddr(): UDPAddr {
    return (this.handle.remoteAddr as UDPAddr | null) ?? noPeer
  }

  get addr(): UDPAddr {
    return this.localAddr
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    if (p.byteLength === 0 && this.handle.reading.closed === null && !isOver(options))
      return Promise.resolve(0)
    return this.#receive(p, ({ payload }) => copyInto(p, payload), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    if (!this.#connected) return Promise.reject(this.handle.opError('write', errno('EDESTADDRREQ')))
    const op = new SendOp(this.#sender, p, this.localAddr, null, this.#longestTo(this.remoteAddr))
    return this.handle.writing.run(op, options)
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.#receive(p, ({ payload, from }) => [copyInto(p, payload), from], options)
  }

  writeTo(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UDPAddr')
    if (wrong !== null) return Promise.reject(wrong)
    if (this.#connected) return Promise.reject(this.#writeError(addr, ErrWriteToConnected))
    if (this.handle.net.endsWith('4') && addr.ip !== null && addr.ip.to4() === null)
      return Promise.reject(this.#writeError(addr, errno('EAFNOSUPPORT')))
    const op = new SendOp(this.#sender, p, this.localAddr, addr, this.#longestTo(addr))
    return this.handle.writing.run(op, options)
  }

  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, UDPAddr]> {
    if (p === undefined) return await this.#receive(null, ({ payload, from }) => [payload.slice(), from])
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: UDPAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  /** Reads one packet; a network tree has no control messages beside it. */
  async readMsgUDP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<UDPAddr>> {
    const wrong = checkBuffer(oob, 'oob')
    if (wrong !== null) throw wrong
    const [n, addr] = await this.readFrom(p, options)
    return { n, oobn: 0, flags: 0, addr }
  }

  /** Writes one packet; control messages beside it are refused. */
  async writeMsgUDP(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UDPAddr | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    const wrong =
      checkBuffer(p) ?? checkBuffer(oob, 'oob') ?? (addr === null ? null : checkAddr(addr, 'a UDPAddr'))
    if (wrong !== null) throw wrong
    if (oob.byteLength > 0) throw this.#writeError(addr, ErrPlan9)
    if (addr === null && !this.#connected) throw this.#writeError(null, missingAddress())
    const n = await (addr === null ? this.write(p, options) : this.writeTo(p, addr, options))
    return { n, oobn: 0 }
  }

  async readBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) throw wrong
    let n = 0
    for (const message of messages) {
      if (n > 0 && !(this.#ahead.ready && this.handle.reading.free)) break
      const [length, addr] = await this.readFrom(message.buffer, options)
      Object.assign(message, { n: length, addr, oobn: 0, flags: 0, segmentSize: 0 })
      n++
    }
    return n
  }

  async writeBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) throw wrong
    const lengths = messages.map(({ buffer }) => buffer.byteLength)
    let n = 0
    try {
      for (const message of messages) {
        const { buffer, addr, oob = new Uint8Array(), segmentSize = 0 } = message
        const byteLength = lengths[n] ?? 0
        let at = 0
        do {
          checkKept(buffer, byteLength)
          const p = segmentSize > 0 ? buffer.subarray(at, at + segmentSize) : buffer
          at += (await this.writeMsgUDP(p, oob, addr, options)).n
        } while (at < byteLength)
        message.n = at
        n++
      }
      return n
    } catch (e) {
      if (e instanceof OpError) e.n = n
      throw e
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UDPAddr], void, undefined> {
    return untilClosed(() => this.receive())
  }

  /** False: a tree gives each packet for itself. */
  setGRO(_on: boolean): boolean {
    return false
  }

  /** Throws, as everything does that sets options of the socket: a network tree has none. */
  setControlMessages(_options: ControlOptions): void {
    this.refuse()
  }

  /** Throws. */
  setErrorQueue(_on: boolean): void {
    this.refuse()
  }

  /** None: a tree keeps no errors. */
  readErrors(): QueuedError[] {
    return []
  }

  /** Throws. */
  bindToDevice(_name: string): void {
    this.refuse()
  }

  /** Throws: multicast is not supported. */
  joinGroup(_group: IP, _iface?: Interface | string | number | null, _source?: IP | null): void {
    this.refuse()
  }

  /** Throws: multicast is not supported. */
  leaveGroup(_group: IP, _iface?: Interface | string | number | null, _source?: IP | null): void {
    this.refuse()
  }

  /** Rejects: multicast is not supported. */
  async joinMulticastV4(_group: IP | string, _ifAddr: IP | string): Promise<MulticastMembership> {
    return this.refuse()
  }

  /** Rejects: multicast is not supported. */
  async joinMulticastV6(_group: IP | string, _ifIndex: number): Promise<MulticastMembership> {
    return this.refuse()
  }

  /** Throws: multicast is not supported. */
  setMulticastInterface(_iface: Interface | string | number | null): void {
    this.refuse()
  }

  /** Throws: multicast is not supported. */
  setMulticastLoopback(_on: boolean): void {
    this.refuse()
  }

  /** Throws: multicast is not supported. */
  setMulticastTTL(_ttl: number): void {
    this.refuse()
  }

  protected async finish(): Promise<void> {
    this.#ahead.stop()
    await this.handle.closeFiles()
  }

  #receive<T>(p: Uint8Array | null, take: (datagram: Datagram) => T, options?: IOOptions): Promise<T> {
    return this.handle.reading.run(new ReceiveOp(this.#ahead, p, this.#parse, take), options)
  }

  #longestTo(addr: UDPAddr): number {
    return longestTo(addr, this.handle.net)
  }

  #writeError(addr: UDPAddr | null, cause: Error): OpError {
    const { net, localAddr, remoteAddr } = this.handle
    return new OpError('write', net, localAddr, addr ?? remoteAddr, cause)
  }
}
