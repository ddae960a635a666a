import type { Addr, IP } from '@net/addr'
import {
  checkAddr,
  checkBuffer,
  ErrWriteToConnected,
  isTypeError,
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
  type ReceivedMessage,
  type SentMessage,
} from '@net/contract'
import { isOver, LaneConn, untilClosed } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import { ReceiveOp, SendOp, type Mailbox, type Received } from '../socket/datagram_op.ts'
import { callError } from '../socket/errno.ts'
import { remoteText, type Family, type InetAddr } from '../socket/family.ts'
import type { Socket } from '../socket/socket.ts'
import { InetOptions } from './inet_options.ts'
import type { Endpoint } from './endpoint.ts'
import type { Groups } from './membership.ts'

const TRUNCATED = 0x20 // MSG_TRUNC

/** The part of a datagram that fits into a buffer, copied there; gives its length, and the flags that say whether that is all. */
export function copyInto(p: Uint8Array, { data }: Received<Addr>): { n: number; flags: number } {
  const part = data.subarray(0, p.byteLength)
  p.set(part)
  return { n: part.byteLength, flags: data.byteLength > p.byteLength ? TRUNCATED : 0 }
}

/** A socket that exchanges datagrams over IP, with one peer or any: what UDP and raw IP have in common. */
export abstract class DatagramConn<A extends Addr & InetAddr>
  extends LaneConn<A>
  implements PacketConn<A>, DatagramOptions, Mailbox<A>
{
  protected readonly handle: Socket
  /** What it is bound to. */
  protected readonly endpoint: Endpoint
  readonly #family: Family
  readonly #kind: 'a UDPAddr' | 'an IPAddr'
  readonly #options: InetOptions

  /** Takes over a socket that is bound; `kind` is that of its addresses. */
  constructor(
    socket: Socket,
    endpoint: Endpoint,
    groups: Groups,
    family: Family,
    kind: 'a UDPAddr' | 'an IPAddr',
  ) {
    super()
    this.handle = socket
    this.endpoint = endpoint
    this.#family = family
    this.#kind = kind
    this.#options = new InetOptions(socket, endpoint, groups)
    socket.release = async () => {
      this.release()
    }
    endpoint.onReady = () => {
      socket.reading.wake()
    }
  }

  abstract next(): Received<A> | null
  /** Sends a copy of a datagram. Gives null, or the name of an error. */
  protected abstract transmit(
    p: Uint8Array,
    to: { readonly addr: string; readonly port: number },
  ): string | null
  /** Gives back what it is bound to. */
  protected abstract release(): void

  takeError(): string | null {
    return this.endpoint.takeError()
  }

  get addr(): A {
    return this.localAddr
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    const { reading } = this.handle
    if (p.byteLength === 0 && reading.closed === null && !isOver(options)) return Promise.resolve(0)
    return reading.run(new ReceiveOp(this, 'read', p, (received) => copyInto(p, received).n), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    const { writing } = this.handle
    const { peer } = this.endpoint
    if (peer !== null) return writing.run(new SendOp(() => this.transmit(p, peer), p, null, 'write'), options)
    const cause = writing.closed ?? callError('write', 'EDESTADDRREQ')
    return Promise.reject(this.handle.opError('write', cause))
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: A]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.receiveWith(p, (received) => [copyInto(p, received).n, received.from], options)
  }

  writeTo(p: Uint8Array, addr: A, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? this.#checkAddr(addr)
    if (isTypeError(wrong)) return Promise.reject(wrong)
    const error = (cause: Error): OpError =>
      Object.assign(new OpError('write', this.handle.net, this.localAddr, addr, cause), { n: 0 })
    if (wrong !== null) return Promise.reject(error(wrong))
    this.handle.called()
    const { writing } = this.handle
    if (this.endpoint.peer !== null) return Promise.reject(error(writing.closed ?? ErrWriteToConnected))
    const to = { addr: remoteText(this.#family, addr), port: addr.port ?? 0 }
    return writing.run(new SendOp(() => this.transmit(p, to), p, addr, 'sendto'), options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, A]> {
    if (p === undefined) return await this.receiveWith(null, ({ data, from }) => [new Uint8Array(data), from])
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: A): Promise<number> {
    return this.writeTo(p, addr)
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, A], void, undefined> {
    return untilClosed(() => this.receive())
  }

  /** Rejects: a simulated host has no descriptors. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrUnsupported))
  }

  /** Throws: a simulated host has no descriptors. */
  syscallConn(): RawConn {
    throw this.handle.opError('raw-control', ErrUnsupported)
  }

  setReadBuffer(bytes: number): void {
    this.#options.setReadBuffer(bytes)
  }

  /** Does nothing but check: what is sent waits in no buffer. */
  setWriteBuffer(_bytes: number): void {
    this.handle.checkOpen()
  }

  setControlMessages(_options: ControlOptions): void {
    this.#options.setControlMessages()
  }

  setErrorQueue(on: boolean): void {
    this.#options.setErrorQueue(on)
  }

  /** Gives none: a simulated host keeps no errors. */
  readErrors(): QueuedError[] {
    this.handle.checkOpen('get')
    return []
  }

  bindToDevice(name: string): void {
    this.#options.bindToDevice(name)
  }

  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.#options.joinGroup(group, iface, source)
  }

  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.#options.leaveGroup(group, iface, source)
  }

  joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    return this.#options.joinMulticastV4(group, ifAddr)
  }

  joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return this.#options.joinMulticastV6(group, ifIndex)
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.#options.setMulticastInterface(iface)
  }

  setMulticastLoopback(on: boolean): void {
    this.#options.setMulticastLoopback(on)
  }

  setMulticastTTL(ttl: number): void {
    this.#options.setMulticastTTL(ttl)
  }

  /** Reads one datagram of `mailbox`; a simulated host has no control messages beside it. */
  protected readMsg(
    p: Uint8Array,
    oob: Uint8Array,
    options?: IOOptions,
    mailbox: Mailbox<A> = this,
  ): Promise<ReceivedMessage<A>> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    const finish = (received: Received<A>): ReceivedMessage<A> => {
      return { ...copyInto(p, received), oobn: 0, addr: received.from }
    }
    return this.handle.reading.run(new ReceiveOp(mailbox, 'recvmsg', p, finish), options)
  }

  /** Writes one datagram; control messages beside it are refused. */
  protected async writeMsg(
    p: Uint8Array,
    oob: Uint8Array,
    addr: A | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    const wrong = checkBuffer(oob)
    if (wrong !== null) throw wrong
    if (oob.byteLength > 0) throw this.handle.opError('write', ErrUnsupported)
    if (addr !== null && this.endpoint.peer !== null) throw this.handle.opError('write', ErrWriteToConnected)
    const n = addr === null ? await this.write(p, options) : await this.writeTo(p, addr, options)
    return { n, oobn: 0 }
  }

  /** Reads a datagram into `p`, if there is one, and gives what `finish` makes of it. */
  protected receiveWith<T>(
    p: Uint8Array | null,
    finish: (received: Received<A>) => T,
    options?: IOOptions,
  ): Promise<T> {
    this.handle.called()
    return this.handle.reading.run(new ReceiveOp(this, 'recvfrom', p, finish), options)
  }

  /** The error of an address that is none of this kind, or that cannot be sent to; else null. */
  #checkAddr(addr: A): Error | null {
    const wrong = checkAddr(addr, this.#kind)
    if (wrong !== null) return wrong
    try {
      remoteText(this.#family, addr)
      return null
    } catch (e) {
      return e as Error
    }
  }
}
