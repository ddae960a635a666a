import type { Socket } from 'node:net'
import type { Addr } from '@net/addr'
import { byteLengthOf } from '@net/contract'
import { checkKept, deferToNextTurn, isTurnOver, Op, type LaneOwner } from '@net/io'
import { callError, hostError } from './errors.ts'
import { Handle } from './handle.ts'
import { newPiece, PIECE, reusePiece } from './piece.ts'

/**
 * Bytes that the host may read ahead before it stops reading from the kernel. It stops after the read that
 * passes this.
 */
export const READ_AHEAD = 65536

const FLUSH = 5000 // milliseconds that close gives a piece which the peer does not take

/** A connected stream socket of the host. */
export class StreamHandle extends Handle {
  readonly #socket: Socket
  #failure: Error | null = null
  #rest: Uint8Array | null = null // what was taken from the host and not read
  #readEnded = false
  #isReadClosed = false
  #writeEnded = false
  #piece: Uint8Array | null = null // what the host was given and the kernel has not taken
  #resets = false

  /** Takes over a connected socket, from which nothing must have been read. */
  constructor(socket: Socket, net: string, localAddr: Addr | null, remoteAddr: Addr | null) {
    super(socket, net, localAddr, remoteAddr)
    this.#socket = socket
    const wake = (): void => void this.reading.wake()
    socket.on('readable', wake)
    socket.on('end', () => {
      this.#readEnded = true
      wake()
    })
    socket.on('error', (e) => {
      this.#failure ??= e
      wake()
      this.writing.wake()
    })
  }

  /** Whether the host can be given the next piece: it holds none that the kernel has not taken. */
  get writeReady(): boolean {
    return this.#piece === null
  }

  /** Whether the connection has failed. */
  get failed(): boolean {
    return this.#failure !== null
  }

  /**
   * The error of an operation on a connection that has failed, or of writing to an end that was shut down;
   * else null.
   */
  callError(call: 'read' | 'write'): Error | null {
    if (this.#failure !== null) return hostError(this.#failure, call)
    return call === 'write' && this.#writeEnded ? callError(call, 'EPIPE') : null
  }

  /**
   * Takes bytes the host has read: their number, null at the end of the stream, 0 when there are none yet.
   */
  take(p: Uint8Array): number | null {
    if (this.#isReadClosed) return null
    const socket = this.#socket
    // Small pieces are cut from what was taken at once: read(n) costs more, and has Bun read on without limit. With an n above
    // the high-water mark it would raise the mark, and read(0) makes the host read on, or emit the end.
    const chunk =
      this.#rest ??
      (socket.read(Math.min(socket.readableLength, socket.readableHighWaterMark)) as Uint8Array | null)
    if (chunk === null) return this.#readEnded ? null : 0
    const n = Math.min(byteLengthOf(p), chunk.byteLength)
    const whole = n === chunk.byteLength
    p.set(whole ? chunk : chunk.subarray(0, n))
    this.#rest = whole ? null : chunk.subarray(n)
    return n
  }

  /** Gives a piece to the host, which keeps it until the kernel has taken it: often at once. */
  give(piece: Uint8Array): void {
    this.#piece = piece
    this.#socket.write(piece, this.#called)
    if (this.#hasTaken) this.#taken(piece)
  }

  // Errors wake nothing here: the 'error' event that follows does. What was taken at once is called for when the host may have
  // the next piece.
  readonly #called = (): void => {
    if (this.#piece === null || !this.#hasTaken) return
    this.#taken(this.#piece)
    this.writing.wake()
  }

  get #hasTaken(): boolean {
    const { writableLength, errored, destroyed } = this.#socket
    return writableLength === 0 && !errored && !destroyed
  }

  #taken(piece: Uint8Array): void {
    this.#piece = null
    reusePiece(piece)
  }

  /** Ends reading: what waits and what comes later gets null. */
  closeRead(): void {
    this.#isReadClosed = true
    this.#rest = null
    this.reading.wake()
  }

  /** Ends writing: the host shuts the socket down once the kernel has what was given. */
  closeWrite(): Error | null {
    if (this.#failure !== null || (this.#socket.destroyed && !this.#writeEnded)) {
      return callError('shutdown', 'ENOTCONN')
    }
    this.#writeEnded = true
    this.#socket.end()
    this.writing.wake()
    return null
  }

  /** Says whether close drops what is unsent and resets the connection. */
  setResets(on: boolean): void {
    this.#resets = on
  }

  protected release(): Promise<void> {
    const socket = this.#socket
    const given = this.#piece !== null && this.#failure === null
    if (this.#resets) {
      reset(socket)
    } else if (given) {
      // Bytes whose write has already settled may still be in the stream: they are sent before the close, as
      // a kernel sends its buffer.
      const timer = setTimeout(() => reset(socket), FLUSH)
      timer.unref()
      socket.once('close', () => clearTimeout(timer))
      socket.destroySoon()
      return Promise.resolve()
    } else {
      socket.destroy()
    }
    return gone(socket)
  }
}

/** Waits until a socket that is destroyed is closed. */
function gone(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** Closes a socket so that a TCP peer sees a reset. */
export function reset(socket: Socket): void {
  const shutting = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
  // resetAndDestroy() fails while the host shuts the socket down, and does not exist for pipes.
  if (socket.destroyed || shutting || socket.remoteFamily === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

/** Waits for bytes and takes them. */
export class ReadOp extends Op<number | null> {
  readonly #handle: StreamHandle
  readonly #p: Uint8Array

  /** Makes a read into `p`, which must not be empty. */
  constructor(handle: StreamHandle, p: Uint8Array) {
    super('read')
    this.#handle = handle
    this.#p = p
  }

  attempt(): boolean {
    checkKept(this.#p, 1)
    // Data that arrived before the failure is read first; the failure follows it.
    const n = this.#handle.take(this.#p)
    if (n !== 0) return this.done(n)
    const e = this.#handle.callError('read')
    return e === null ? false : this.fail(e)
  }
}

/**
 * Gives a buffer to the host piece by piece, each when the kernel has taken the one before, and settles when
 * it has taken the last. A piece that the host has will be sent: `n` of an error counts it, and an end that
 * comes when nothing is left to give is success.
 */
export class WriteOp extends Op<number> {
  readonly #handle: StreamHandle
  readonly #buffers: readonly Uint8Array[]
  readonly #lengths: readonly number[]
  readonly #byteLength: number
  #next = 0 // the index of the first buffer of which something is left
  #start = 0 // where what is left of it begins
  #given = 0
  #sent = 0

  /** Makes a write of the bytes in `buffers`, one buffer after the other. */
  constructor(handle: StreamHandle, buffers: readonly Uint8Array[]) {
    super('write')
    this.#handle = handle
    this.#buffers = buffers
    this.#lengths = buffers.map(byteLengthOf)
    this.#byteLength = this.#lengths.reduce((sum, n) => sum + n, 0)
  }

  attempt(): boolean {
    const e = this.#handle.callError('write')
    if (e !== null && (this.#handle.failed || this.#given < this.#byteLength)) return this.fail(e)
    while (this.#handle.writeReady) {
      this.#sent = this.#given
      if (this.#sent === this.#byteLength) return this.done(this.#sent)
      if (this.#sent > 0 && isTurnOver()) {
        deferToNextTurn(this.#handle.writing)
        return false
      }
      const piece = this.#piece()
      this.#given += piece.byteLength
      this.#handle.give(piece)
    }
    return false
  }

  // Copies the bytes that come next, as the caller may change the buffers once they count as written.
  #piece(): Uint8Array {
    const piece = newPiece(Math.min(this.#byteLength - this.#given, PIECE))
    for (let n = 0; n < piece.byteLength;) {
      const p = this.#buffers[this.#next] as Uint8Array
      const length = this.#lengths[this.#next] as number
      checkKept(p, length)
      const part = p.subarray(this.#start, Math.min(this.#start + piece.byteLength - n, length))
      piece.set(part, n)
      n += part.byteLength
      this.#start += part.byteLength
      if (this.#start < length) break
      this.#next++
      this.#start = 0
    }
    return piece
  }

  override cancel(reason: unknown): void {
    if (this.#given > 0 && this.#given === this.#byteLength && !this.#handle.failed) this.done(this.#given)
    else super.cancel(reason)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const n = this.#handle.failed ? this.#sent : this.#given
    return Object.assign(super.error(owner, cause), { n })
  }
}
