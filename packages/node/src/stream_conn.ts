import type { Duplex } from 'node:stream'
import {
  type ByteStreams,
  checkBuffer,
  type Conn,
  ErrClosed,
  type HalfCloser,
  type IOOptions,
  isBytes,
} from '@net/contract'
import { checkKept, ConnStreams, LaneConn, type LaneOwner, Op } from '@net/io'
import { DuplexHandle, type StreamBase } from './duplex_handle.ts'

/** A stream of Node as a connection. */
export class StreamConn extends LaneConn<Conn['localAddr']> implements HalfCloser, ByteStreams {
  protected readonly handle: DuplexHandle
  #streams: ConnStreams | null = null

  /** Takes over a stream that stands, and what it runs on, which does not keep the process alive by itself. */
  constructor(stream: Duplex, base: StreamBase) {
    super()
    this.handle = new DuplexHandle(stream, base)
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { reading } = this.handle
    if (p.byteLength === 0 && reading.closed === null) return Promise.resolve(0)
    return reading.run(new ReadOp(this.handle, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.handle.writing.run(new WriteOp(this.handle, p), options)
  }

  /**
   * Ends the reading here: pending and later reads give null, and what the peer still sends is dropped. Rejects with an
   * {@link OpError} of op 'close' after close.
   */
  async closeRead(): Promise<void> {
    const { closed } = this.handle.reading
    if (closed !== null) throw this.handle.opError('close', closed)
    this.handle.closeRead()
  }

  /**
   * Tells the peer that nothing more comes, after the writes before it; later writes reject with EPIPE, reading goes on.
   * Rejects with an {@link OpError} of op 'close' after close, and with the stream's error.
   */
  closeWrite(): Promise<void> {
    return this.handle.writing.run(new EndOp(this.handle))
  }
}

class ReadOp extends Op<number | null> {
  readonly #handle: DuplexHandle
  readonly #p: Uint8Array
  readonly #byteLength: number

  constructor(handle: DuplexHandle, p: Uint8Array) {
    super('read')
    this.#handle = handle
    this.#p = p
    this.#byteLength = p.byteLength
  }

  override attempt(): boolean {
    // What came stays in the stream for the next read when this one has lost its buffer.
    checkKept(this.#p, this.#byteLength)
    const bytes = this.#handle.take(this.#byteLength)
    if (bytes === 0) return false
    if (bytes === null) return this.done(null)
    if (!isBytes(bytes)) return this.fail(bytes)
    this.#p.set(bytes)
    return this.done(bytes.byteLength)
  }
}

class WriteOp extends Op<number> {
  readonly #handle: DuplexHandle
  readonly #p: Uint8Array
  readonly #length: number
  #n = 0

  constructor(handle: DuplexHandle, p: Uint8Array) {
    super('write')
    this.#handle = handle
    this.#p = p
    this.#length = p.byteLength
  }

  override attempt(): boolean {
    for (;;) {
      const { failure } = this.#handle
      if (failure !== null) return this.fail(failure)
      checkKept(this.#p, this.#length)
      if (this.#n === this.#length) return this.done(this.#n)
      const n = this.#handle.hand(this.#p.subarray(this.#n, this.#length))
      if (n === 0) return false
      this.#n += n
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(owner.opError(this.name, cause), { n: this.#n })
  }
}

class EndOp extends Op<void> {
  readonly #handle: DuplexHandle
  #begun = false

  constructor(handle: DuplexHandle) {
    super('close')
    this.#handle = handle
  }

  override attempt(): boolean {
    const { stream, writing } = this.#handle
    if (stream.writableFinished) return this.done(undefined)
    if (stream.destroyed) return this.fail(stream.errored ?? ErrClosed)
    if (!this.#begun) stream.end(() => writing.wake())
    this.#begun = true
    return false
  }
}
