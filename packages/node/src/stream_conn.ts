import type { Duplex } from 'node:stream'
import {
  type ByteStreams,
  checkBuffer,
  type Conn,
  Errno,
  ErrClosed,
  type HalfCloser,
  type IOOptions,
  OpError,
  SyscallError,
  isError,
} from '@net/contract'
import { checkKept, ConnStreams, Lane, LaneConn, type LaneOwner, Liveness, Op } from '@net/io'

const PIECE = 65536 // bytes of a write at a time: four TLS records
const LINGER = 1000 // milliseconds that close waits for the peer to take the last bytes
const EPIPE = 32 // its number on every system
const PATIENCE = 5000 // milliseconds after which a piece that the peer does not take is given up

/** What a stream of Node runs on: its addresses, what keeps the process alive for it, and how it is closed. */
export type StreamBase = Pick<Conn, 'localAddr' | 'remoteAddr' | 'ref' | 'unref' | 'close'>

/** A stream of Node as a connection. */
export class StreamConn extends LaneConn implements HalfCloser, ByteStreams, LaneOwner {
  readonly #stream: Duplex
  readonly #base: StreamBase
  protected override readonly lanes = { reading: new Lane(this), writing: new Lane(this) }
  readonly #liveness: Liveness
  #streams: ConnStreams | null = null
  #holding = false
  #readEnded = false
  #closing: Promise<void> | null = null

  /** Takes over a stream that stands, and what it runs on, which does not keep the process alive by itself. */
  constructor(stream: Duplex, base: StreamBase) {
    super()
    this.#stream = stream
    this.#base = base
    this.#liveness = new Liveness(base)
    for (const event of ['readable', 'end', 'close']) stream.on(event, this.#wakeReads)
    stream.on('error', (error: Error) => {
      this.lanes.reading.close(error)
      this.lanes.writing.close(error)
    })
    stream.on('close', () => this.lanes.writing.wake())
  }

  get localAddr(): Conn['localAddr'] {
    return this.#base.localAddr
  }

  get remoteAddr(): Conn['remoteAddr'] {
    return this.#base.remoteAddr
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
    if (p.byteLength === 0 && this.lanes.reading.closed === null) return Promise.resolve(0)
    return this.lanes.reading.run(new ReadOp(this, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.lanes.writing.run(new WriteOp(this, p), options)
  }

  /**
   * Ends the reading here: pending and later reads give null, and what the peer still sends is dropped. Rejects with an
   * {@link OpError} of op 'close' after close.
   */
  async closeRead(): Promise<void> {
    if (this.lanes.reading.closed !== null) throw this.opError('close', this.lanes.reading.closed)
    this.#readEnded = true
    this.#stream.off('readable', this.#wakeReads).resume()
    this.#wakeReads()
  }

  /**
   * Tells the peer that nothing more comes, after the writes before it; later writes reject with EPIPE, reading goes on.
   * Rejects with an {@link OpError} of op 'close' after close, and with the stream's error.
   */
  closeWrite(): Promise<void> {
    return this.lanes.writing.run(new EndOp(this.#stream, this.lanes.writing))
  }

  override ref(): void {
    this.#liveness.ref()
  }

  override unref(): void {
    this.#liveness.unref()
  }

  override close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Makes the error of an operation. What the stream tells of an operation of its own is told of this one instead. */
  opError(op: string, cause: Error): Error {
    const { localAddr, remoteAddr } = this
    const inner = cause instanceof OpError ? cause.cause : cause
    return new OpError(op, localAddr.network, localAddr, remoteAddr, inner)
  }

  /** Counts operations that wait: they keep the process alive. */
  waiting(change: 1 | -1): void {
    this.#liveness.waiting(change)
  }

  /** The first bytes that have come, at most `most` of them; null at the end, 0 while there are none, or why none will come. */
  take(most: number): Buffer | 0 | null | Error {
    const stream = this.#stream
    if (this.#readEnded) return null
    const chunk = stream.read(Math.min(most, stream.readableLength)) as Buffer | null
    if (chunk !== null && chunk.byteLength > 0) return chunk
    if (stream.readableEnded) return null
    if (stream.destroyed) return stream.errored ?? ErrClosed
    return stream.readable ? 0 : null
  }

  /** Why nothing can be written: what the stream failed with, {@link ErrClosed}, a broken pipe; null while it lives. */
  get failure(): Error | null {
    const { destroyed, errored, writable } = this.#stream
    if (destroyed) return errored ?? ErrClosed
    return writable ? null : new SyscallError('write', new Errno('EPIPE', EPIPE))
  }

  /**
   * Hands the stream the first bytes of `p` and gives their number: 0 while the stream below has not taken those before. They
   * can't be taken back, so they count as written.
   */
  hand(p: Uint8Array): number {
    if (this.#holding) return 0
    this.#holding = true
    // A copy: the stream holds it when the write that brought it is over.
    const piece = Buffer.from(p.subarray(0, PIECE))
    this.#stream.write(piece, () => {
      this.#holding = false
      this.lanes.writing.wake()
    })
    return piece.byteLength
  }

  readonly #wakeReads = (): void => {
    this.lanes.reading.wake()
  }

  async #close(): Promise<void> {
    this.lanes.reading.close(ErrClosed)
    this.lanes.writing.close(ErrClosed)
    const gone = this.#end()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LINGER)))
    await Promise.race([gone, late])
    clearTimeout(timer)
  }

  // Bytes that count as written still go when close has waited long enough, as the kernel's do.
  async #end(): Promise<void> {
    const stream = this.#stream
    await new Promise<void>((resolve) => {
      if (stream.destroyed) {
        resolve()
        return
      }
      const timer = setTimeout(resolve, this.#holding ? PATIENCE : LINGER)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      stream.once('close', done)
      stream.end(done)
    })
    stream.destroy()
    await this.#base.close()
  }
}

class ReadOp extends Op<number | null> {
  readonly #conn: StreamConn
  readonly #p: Uint8Array
  readonly #byteLength: number

  constructor(conn: StreamConn, p: Uint8Array) {
    super('read')
    this.#conn = conn
    this.#p = p
    this.#byteLength = p.byteLength
  }

  override attempt(): boolean {
    // What came stays in the stream for the next read when this one has lost its buffer.
    checkKept(this.#p, this.#byteLength)
    const bytes = this.#conn.take(this.#byteLength)
    if (bytes === 0) return false
    if (bytes === null) return this.done(null)
    if (isError(bytes)) return this.fail(bytes)
    this.#p.set(bytes)
    return this.done(bytes.byteLength)
  }
}

class WriteOp extends Op<number> {
  readonly #conn: StreamConn
  readonly #p: Uint8Array
  readonly #length: number
  #n = 0

  constructor(conn: StreamConn, p: Uint8Array) {
    super('write')
    this.#conn = conn
    this.#p = p
    this.#length = p.byteLength
  }

  override attempt(): boolean {
    for (;;) {
      const { failure } = this.#conn
      if (failure !== null) return this.fail(failure)
      checkKept(this.#p, this.#length)
      if (this.#n === this.#length) return this.done(this.#n)
      const n = this.#conn.hand(this.#p.subarray(this.#n, this.#length))
      if (n === 0) return false
      this.#n += n
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(owner.opError(this.name, cause), { n: this.#n })
  }
}

class EndOp extends Op<void> {
  readonly #stream: Duplex
  readonly #lane: Lane
  #begun = false

  constructor(stream: Duplex, lane: Lane) {
    super('close')
    this.#stream = stream
    this.#lane = lane
  }

  override attempt(): boolean {
    const stream = this.#stream
    if (stream.writableFinished) return this.done(undefined)
    if (stream.destroyed) return this.fail(stream.errored ?? ErrClosed)
    if (!this.#begun) stream.end(() => this.#lane.wake())
    this.#begun = true
    return false
  }
}
