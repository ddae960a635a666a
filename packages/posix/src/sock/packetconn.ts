import type { Addr, IP } from '@net/addr'
import {
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
  type ReceivedMessage,
  type SentMessage,
  checkBuffer,
  missingAddress,
  byteLengthOf,
} from '@net/contract'
import { isOver, LaneConn, untilClosed } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { received } from '../wire/msg.ts'
import { ReceiveMessageOp, SendMessageOp } from '../fd/msg_op.ts'
import { SendOp, sendOnce } from '../fd/op.ts'
import { connFile, setBufferSize, write } from '../fd/conn.ts'
import type { FD } from '../fd/fd.ts'
import { PacketReader, ReadPacketOp } from '../fd/packet_reader.ts'
import { descriptor, PosixRawConn } from '../fd/rawconn.ts'
import { PacketOptions } from './packet_options.ts'
import { setReadBuffer, setWriteBuffer } from '../sys/sockopt.ts'
import { syscallError } from '../sys/syscall.ts'
import { takeErrors } from '../wire/error_queue.ts'

/** A packet is never longer, so one buffer takes any of them until it is copied into one of its own size. */
const MAX_PACKET = 65535
let room: Uint8Array<ArrayBuffer> | null = null

/** The buffer that takes any packet; what it holds is good until the next call. */
export function scratch(): Uint8Array<ArrayBuffer> {
  return (room ??= new Uint8Array(MAX_PACKET))
}

function sameNumber(n: number): number {
  return n
}

/** A socket of packets with an internet address: what UDP and raw IP have in common. */
export abstract class PosixPacketConn<A extends Addr & { readonly ip: IP | null }>
  extends LaneConn<A>
  implements PacketConn<A>, DatagramOptions
{
  /** The descriptor. */
  protected readonly fd: FD
  /** AF_INET or AF_INET6. */
  protected readonly family: number
  /** Whether it has a peer. */
  protected readonly connected: boolean
  /** Its packets. */
  protected readonly packets: PacketReader
  readonly #raw: boolean
  #made: PacketOptions | null = null

  /** Takes over a bound or connected socket. `raw` is true for a raw one, which keeps to its family. */
  protected constructor(fd: FD, family: number, connected: boolean, raw: boolean) {
    super()
    this.fd = fd
    this.family = family
    this.connected = connected
    this.packets = new PacketReader(fd)
    this.#raw = raw
  }

  /** Its options, which few sockets want. */
  protected get options(): PacketOptions {
    return (this.#made ??= new PacketOptions(this.fd, this.family, this.#raw))
  }

  protected get handle(): FD {
    return this.fd
  }

  /** The address in sockaddrIn. */
  protected abstract peer(): A
  /**
   * Puts an address into sockaddrOut and gives its length. Throws a bare error when it is not of the socket's
   * family.
   */
  protected abstract put(addr: A): number
  /** Rejects what is no address of the socket's kind. */
  protected abstract checkAddr(addr: unknown): TypeError | null

  get addr(): A {
    return this.localAddr
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { fd, packets } = this
    if (byteLengthOf(p) === 0 && !fd.isClosed) return Promise.resolve(0)
    if (packets.isReady && fd.reading.free && !isOver(options)) {
      // These lines are ReadPacketOp.attempt without an operation: in a flood most reads find their packet here.
      const n = packets.receive(p)
      if (n >= 0) return Promise.resolve(n)
      if (n !== EAGAIN) return Promise.reject(fd.callError('read', 'read', n))
    }
    return fd.reading.run(new ReadPacketOp(packets, p, 'read', sameNumber), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return write(this.fd, p, options)
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: A]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { fd, packets } = this
    if (packets.isReady && fd.reading.free && !isOver(options)) {
      const n = packets.receive(p)
      if (n >= 0) return Promise.resolve(this.#withPeer(n))
      if (n !== EAGAIN) return Promise.reject(fd.callError('read', 'recvfrom', n))
    }
    return fd.reading.run(new ReadPacketOp(packets, p, 'recvfrom', this.#withPeer), options)
  }

  writeTo(p: Uint8Array, addr: A, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? this.checkAddr(addr)
    if (wrong !== null) return Promise.reject(wrong)
    if (this.connected) return Promise.reject(this.writeError(addr, ErrWriteToConnected))
    const { fd } = this
    if (fd.mayWrite && !isOver(options)) {
      const e = this.#sendNow(p, addr)
      if (e === null) return Promise.resolve(byteLengthOf(p))
      if (e !== undefined) return Promise.reject(this.writeError(addr, e))
    }
    return fd.writing.run(new SendOp(fd, p, addr, () => this.put(addr)), options)
  }

  /**
   * SendOp.attempt without the operation. Gives null if the packet went, undefined if it must wait, else the
   * error.
   */
  #sendNow(p: Uint8Array, addr: A): Error | null | undefined {
    try {
      const n = sendOnce(this.fd, p, this.put(addr))
      if (n >= 0) return null
      return n === EAGAIN ? undefined : syscallError('sendto', n)
    } catch (e) {
      return e as Error
    }
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, A]> {
    if (p !== undefined) {
      const [n, addr] = await this.readFrom(p)
      return [p.subarray(0, n), addr]
    }
    return await this.fd.reading.run(new ReadPacketOp(this.packets, scratch(), 'recvfrom', this.#copied))
  }

  send(p: Uint8Array, addr: A): Promise<number> {
    return this.writeTo(p, addr)
  }

  override close(): Promise<void> {
    this.packets.drop()
    return super.close()
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, A], void, undefined> {
    return untilClosed(() => this.receive())
  }

  /** Reads a packet with its control messages. */
  protected readMsg(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<A>> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob, 'oob')
    if (wrong !== null) return Promise.reject(wrong)
    const { fd } = this
    fd.isPlain = false
    return fd.reading.run(new ReceiveMessageOp(this.packets, p, oob, this.#withControl), options)
  }

  /** Sends a packet with control messages. */
  protected async writeMsg(
    p: Uint8Array,
    oob: Uint8Array,
    addr: A | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob, 'oob') ?? (addr === null ? null : this.checkAddr(addr))
    if (wrong !== null) throw wrong
    const unfit = this.addressError(addr)
    if (unfit !== null) throw this.writeError(addr, unfit)
    const { fd } = this
    const put = (): number => (addr === null ? 0 : this.put(addr))
    return await fd.writing.run(new SendMessageOp(fd, p, oob, addr, put), options)
  }

  /** What is wrong with a message's address: none on a socket without a peer, one on a socket with a peer. */
  protected addressError(addr: A | null): Error | null {
    if (this.connected) return addr === null ? null : ErrWriteToConnected
    return addr === null ? missingAddress() : null
  }

  /** Makes the error of a write to an address. */
  protected writeError(addr: A | null, cause: Error): OpError {
    return new OpError('write', this.fd.net, this.fd.localAddr, addr, cause)
  }

  setReadBuffer(bytes: number): void {
    setBufferSize(this.fd, setReadBuffer, bytes)
  }

  setWriteBuffer(bytes: number): void {
    setBufferSize(this.fd, setWriteBuffer, bytes)
  }

  file(): Promise<File> {
    return connFile(this.fd)
  }

  syscallConn(): RawConn {
    return new PosixRawConn(this.fd)
  }

  setControlMessages(options: ControlOptions): void {
    this.fd.isPlain = false
    this.options.setControlMessages(options)
  }

  setErrorQueue(on: boolean): void {
    this.options.setErrorQueue(on)
  }

  readErrors(): QueuedError[] {
    return takeErrors(descriptor(this.fd, 'get'), () => this.peer())
  }

  bindToDevice(name: string): void {
    this.options.bindToDevice(name)
  }

  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.options.joinGroup(group, iface, source)
  }

  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    this.options.leaveGroup(group, iface, source)
  }

  joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    return this.options.joinMulticastV4(group, ifAddr)
  }

  joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return this.options.joinMulticastV6(group, ifIndex)
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.options.setMulticastInterface(iface)
  }

  setMulticastLoopback(on: boolean): void {
    this.options.setMulticastLoopback(on)
  }

  setMulticastTTL(ttl: number): void {
    this.options.setMulticastTTL(ttl)
  }

  readonly #withPeer = (n: number): [number, A] => [n, this.peer()]

  readonly #copied = (n: number): [Uint8Array<ArrayBuffer>, A] => [scratch().slice(0, n), this.peer()]

  readonly #withControl = (n: number): ReceivedMessage<A> => ({ n, ...received, addr: this.peer() })
}
