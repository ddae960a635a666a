import type { Duplex } from 'node:stream'
import { type Conn, Errno, ErrClosed, OpError, SyscallError } from '@net/contract'
import { type ConnHandle, Lane, type LaneOwner, Liveness } from '@net/io'

const PIECE = 65536 // bytes of a write at a time: four TLS records
const MOST_SPARE = 16 // pieces that are kept for later writes
const LINGER = 1000 // milliseconds that close waits for the peer to take the last bytes
const EPIPE = 32 // its number on every system
const PATIENCE = 5000 // milliseconds after which a piece that the peer does not take is given up

/** What a stream of Node runs on: its addresses, what keeps the process alive for it, and how it is closed. */
export interface StreamBase extends Pick<Conn, 'localAddr' | 'remoteAddr' | 'ref' | 'unref' | 'close'> {
  /** Whether the stream has no use for a chunk any more once it calls back; others may hand it on, as a PassThrough does. */
  readonly isDoneWithWritten: boolean
}

/** Pieces that no stream holds: V8 collects garbage for every few megabytes of new ones. */
const spare: Buffer[] = []

/** A stream of Node, with what waits for it and what it runs on. */
export class DuplexHandle extends Liveness implements ConnHandle, LaneOwner {
  readonly reading = new Lane(this)
  readonly writing = new Lane(this)
  /** The stream. */
  readonly stream: Duplex
  readonly #base: StreamBase
  #holding = false
  #readEnded = false
  #closing: Promise<void> | null = null

  /** Takes over a stream that stands, and what it runs on, which does not keep the process alive by itself. */
  constructor(stream: Duplex, base: StreamBase) {
    super(base)
    this.stream = stream
    this.#base = base
    for (const event of ['readable', 'end', 'close']) stream.on(event, this.#wakeReads)
    stream.on('error', (error: Error) => {
      this.reading.close(error)
      this.writing.close(error)
    })
    stream.on('close', () => this.writing.wake())
  }

  get localAddr(): Conn['localAddr'] {
    return this.#base.localAddr
  }

  get remoteAddr(): Conn['remoteAddr'] {
    return this.#base.remoteAddr
  }

  /** Makes the error of an operation. What the stream tells of an operation of its own is told of this one instead. */
  opError(op: string, cause: Error): Error {
    const { localAddr, remoteAddr } = this
    const inner = cause instanceof OpError ? cause.cause : cause
    return new OpError(op, localAddr.network, localAddr, remoteAddr, inner)
  }

  /** The first bytes that have come, at most `most` of them; null at the end, 0 while there are none, or why none will come. */
  take(most: number): Buffer | 0 | null | Error {
    const stream = this.stream
    if (this.#readEnded) return null
    const chunk = stream.read(Math.min(most, stream.readableLength)) as Buffer | null
    if (chunk !== null && chunk.byteLength > 0) return chunk
    if (stream.readableEnded) return null
    if (stream.destroyed) return stream.errored ?? ErrClosed
    return stream.readable ? 0 : null
  }

  /** Why nothing can be written: what the stream failed with, {@link ErrClosed}, a broken pipe; null while it lives. */
  get failure(): Error | null {
    const { destroyed, errored, writable } = this.stream
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
    const isReused = this.#base.isDoneWithWritten && p.byteLength >= PIECE
    const bytes = p.subarray(0, PIECE)
    const piece = isReused ? (spare.pop() ?? Buffer.allocUnsafeSlow(PIECE)) : Buffer.from(bytes)
    if (isReused) piece.set(bytes)
    this.stream.write(piece, (e) => {
      if (isReused && !e && spare.length < MOST_SPARE) spare.push(piece)
      this.#holding = false
      this.writing.wake()
    })
    return piece.byteLength
  }

  /** Ends reading: what waits and what comes later gets null, and what the peer still sends is dropped. */
  closeRead(): void {
    this.#readEnded = true
    this.stream.off('readable', this.#wakeReads).resume()
    this.#wakeReads()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  readonly #wakeReads = (): void => {
    this.reading.wake()
  }

  async #close(): Promise<void> {
    this.reading.close(ErrClosed)
    this.writing.close(ErrClosed)
    const gone = this.#end()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LINGER)))
    await Promise.race([gone, late])
    clearTimeout(timer)
  }

  // Bytes that count as written still go when close has waited long enough, as the kernel's do.
  async #end(): Promise<void> {
    const stream = this.stream
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
