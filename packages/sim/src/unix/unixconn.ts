import { UnixAddr } from '@net/addr'
import {
  checkAddr,
  checkBuffer,
  checkBuffers,
  ErrWriteToConnected,
  OpError,
  type FileSource,
  type IOOptions,
  type SendFileOptions,
  type UnixConn,
  type UnixMessage,
} from '@net/contract'
import { checkKept, joined, untilClosed } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import { SendOp } from '../socket/datagram_op.ts'
import { HostOp } from '../socket/host_op.ts'
import { callError } from '../socket/errno.ts'
import type { Socket } from '../socket/socket.ts'
import { StreamConn } from '../socket/stream_conn.ts'
import { WAIT } from '../socket/stream_op.ts'
import type { Channel, Message } from './channel.ts'
import type { Named, UnixNames } from './unix_names.ts'

const CHUNK = 65_536 // bytes of a buffer that nobody gave
const TRUNCATED = 0x20 // MSG_TRUNC

/** A name, and what is known by it. */
export interface Bound {
  readonly addr: UnixAddr
  readonly named: Named
}

/** What a Unix socket is made of. */
export interface UnixParts {
  readonly net: UnixAddr['net']
  readonly incoming: Channel
  /** Null where there is no peer. */
  readonly outgoing: Channel | null
  readonly names: UnixNames
  /** The name it is bound to, and what is known by it; null for none. */
  readonly bound: Bound | null
}

/** A read of a message with its sender; of a stream, of the bytes that are there. */
class MessageOp<T> extends HostOp<T> {
  readonly #p: Uint8Array
  readonly #least: number
  readonly #take: () => Message | null | string
  readonly #finish: (message: Message | null) => T

  constructor(p: Uint8Array, take: () => Message | null | string, finish: (message: Message | null) => T) {
    super('read')
    this.#p = p
    this.#least = Math.min(p.byteLength, 1)
    this.#take = take
    this.#finish = finish
  }

  override attempt(): boolean {
    checkKept(this.#p, this.#least)
    const message = this.#take()
    if (message === WAIT) return false
    if (typeof message === 'string') return this.fail(callError('recvfrom', message))
    return this.done(this.#finish(message))
  }
}

/** A Unix socket of a simulated host, of one of three kinds. */
export class SimUnixConn extends StreamConn<UnixAddr> implements UnixConn {
  readonly #parts: UnixParts
  #readShut = false
  #writeShut = false
  #unlink = false

  /** Takes over the two directions. */
  constructor(socket: Socket, parts: UnixParts) {
    super(socket)
    this.#parts = parts
    parts.incoming.onReadable = () => {
      this.handle.reading.wake()
    }
    if (parts.outgoing !== null && parts.net !== 'unixgram')
      parts.outgoing.onWritable = () => {
        this.handle.writing.wake()
      }
  }

  get #isStream(): boolean {
    return this.#parts.net === 'unix'
  }

  get addr(): UnixAddr {
    return this.localAddr
  }

  override get remoteAddr(): UnixAddr {
    return (this.handle.remoteAddr as UnixAddr | null) ?? new UnixAddr('', this.#parts.net)
  }

  override get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#checkStream()
    return super.readable
  }

  override get writable(): WritableStream<Uint8Array> {
    this.#checkStream()
    return super.writable
  }

  take(p: Uint8Array): number | null | string {
    if (this.#readShut) return null
    if (this.#isStream) return this.#parts.incoming.takeBytes(p)
    const message = this.#parts.incoming.takeMessage()
    return message === null || typeof message === 'string' ? message : copy(p, message)
  }

  put(p: Uint8Array): number | string {
    const { outgoing } = this.#parts
    if (this.#writeShut || outgoing === null || outgoing.isBroken) return 'EPIPE'
    return outgoing.putPart(p, this.localAddr)
  }

  override write(p: Uint8Array, options?: IOOptions): Promise<number> {
    if (this.#isStream) return super.write(p, options)
    const wrong = checkBuffer(p)
    return wrong === null ? this.#send(p, null, options) : Promise.reject(wrong)
  }

  override writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    if (this.#isStream) return super.writev(buffers, options)
    const wrong = checkBuffers(buffers)
    return wrong === null ? this.#send(joined(buffers), null, options) : Promise.reject(wrong)
  }

  /** Copies the source into a stream; other kinds reject with a TypeError. Rejects as {@link SendfileGroup.sendFile} says. */
  override async sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    this.#checkStream()
    return await super.sendFile(source, options)
  }

  async readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    const { n, addr } = await this.readMsgUnix(p, new Uint8Array(0), options)
    return [n ?? 0, addr]
  }

  readFromUnix(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    return this.readFrom(p, options)
  }

  writeTo(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UnixAddr')
    if (wrong !== null) return Promise.reject(wrong)
    if (this.#parts.outgoing !== null) {
      const cause = this.handle.writing.closed ?? ErrWriteToConnected
      return Promise.reject(new OpError('write', this.handle.net, this.localAddr, addr, cause))
    }
    return this.#send(p, addr, options)
  }

  writeToUnix(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  async receive(
    p: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK),
  ): Promise<[Uint8Array<ArrayBuffer>, UnixAddr]> {
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: UnixAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  /** Reads a message; a simulated host has no control messages beside it. */
  readMsgUnix(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<UnixMessage> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    const take = (): Message | null | string => {
      if (this.#readShut) return null
      if (!this.#isStream) return this.#parts.incoming.takeMessage()
      const n = this.#parts.incoming.takeBytes(p)
      return typeof n === 'number' ? { data: p.subarray(0, n), from: this.remoteAddr } : n
    }
    const finish = (message: Message | null): UnixMessage => {
      if (message === null) return { n: null, oobn: 0, flags: 0, addr: this.remoteAddr }
      const flags = message.data.byteLength > p.byteLength ? TRUNCATED : 0
      const n = this.#isStream ? message.data.byteLength : copy(p, message)
      return { n, oobn: 0, flags, addr: message.from }
    }
    return this.handle.reading.run(new MessageOp(p, take, finish), options)
  }

  /** Writes a message; control messages beside it are refused. */
  async writeMsgUnix(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UnixAddr | null,
    options?: IOOptions,
  ): Promise<{ n: number; oobn: number }> {
    const wrong = checkBuffer(oob)
    if (wrong !== null) throw wrong
    if (oob.byteLength > 0) throw this.handle.opError('write', ErrUnsupported)
    const n = addr === null ? await this.write(p, options) : await this.writeTo(p, addr, options)
    return { n, oobn: 0 }
  }

  protected shutRead(): void {
    this.#readShut = true
    this.#parts.incoming.break()
  }

  protected shutWrite(): void {
    this.#writeShut = true
    this.#parts.outgoing?.end()
  }

  setUnlinkOnClose(on: boolean): void {
    this.#unlink = on
  }

  /** Sets the bytes that may wait to be read. */
  setReadBuffer(bytes: number): void {
    this.handle.checkOpen()
    this.#parts.incoming.room = Math.max(2048, bytes)
  }

  /** Does nothing but check: what is written waits at the other end. */
  setWriteBuffer(_bytes: number): void {
    this.handle.checkOpen()
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UnixAddr], void, undefined> {
    return untilClosed(() => this.receive(new Uint8Array(CHUNK)))
  }

  protected release(): Promise<void> {
    const { incoming, outgoing, net, bound, names } = this.#parts
    const unread = incoming.hasUnread
    incoming.break()
    if (net !== 'unixgram') {
      if (unread) outgoing?.fail('ECONNRESET')
      outgoing?.end()
    }
    if (bound !== null) names.release(bound.addr.name, bound.named, this.#unlink)
    return Promise.resolve()
  }

  #send(p: Uint8Array, to: UnixAddr | null, options?: IOOptions): Promise<number> {
    this.handle.called()
    const call = to === null ? 'write' : 'sendto'
    return this.handle.writing.run(new SendOp(() => this.#putMessage(p, to), p, to, call), options)
  }

  #putMessage(p: Uint8Array, to: UnixAddr | null): string | null {
    const { net, names, outgoing } = this.#parts
    if (this.#writeShut) return 'EPIPE'
    let channel = outgoing
    if (to !== null) {
      const named = names.get(to.name)
      if (named === undefined) return 'ENOENT'
      if (named === null) return 'ECONNREFUSED'
      if (named.inbox === null) return 'EPROTOTYPE'
      channel = named.inbox
    }
    if (channel === null) return 'ENOTCONN'
    if (channel.isBroken) return net === 'unixgram' ? 'ECONNREFUSED' : 'EPIPE'
    const error = channel.putMessage(p, this.localAddr)
    // A channel that many write to tells whoever waits.
    if (error === WAIT && net === 'unixgram') channel.whenRoom(() => this.handle.writing.wake())
    return error
  }

  #checkStream(): void {
    if (!this.#isStream) throw new TypeError(`a socket of ${this.#parts.net} carries no stream`)
  }
}

function copy(p: Uint8Array, { data }: Message): number {
  const part = data.subarray(0, p.byteLength)
  p.set(part)
  return part.byteLength
}
