import type { TLSSocket } from 'node:tls'
import {
  type Conn,
  Errno,
  ErrClosed,
  type IOOptions,
  OpError,
  SyscallError,
  checkBuffer,
} from '@net/contract'
import { Lane, LaneConn, type LaneOwner, Liveness, Op } from '@net/io'
import type { Carrier } from './carrier.ts'

const PIECE = 65536 // bytes of a write at a time: four TLS records
const LINGER = 1000 // milliseconds that close waits for the peer to take the last bytes
const EPIPE = 32 // its number on every system
const PATIENCE = 5000 // milliseconds after which a piece that the peer does not take is given up

/** A connection with Node's TLS on top of another one. Its addresses are those of the other. */
export class TLSConn extends LaneConn implements Conn, LaneOwner {
  /** The protocol that both ends agreed on (RFC 7301), or null. */
  readonly alpn: string | null
  /**
   * Who the peer has proved to be: the name of its pre-shared key, or the SHA-256 fingerprint of its
   * certificate in hexadecimal with colons; null when it was not asked, and at a client with a pre-shared key.
   */
  readonly identity: string | null
  readonly #socket: TLSSocket
  readonly #inner: Carrier
  protected override readonly lanes = { reading: new Lane(this), writing: new Lane(this) }
  #holding = false
  readonly #liveness: Liveness
  #closing: Promise<void> | null = null

  /**
   * Takes over a socket whose handshake is done, and the connection below it; `keyName` is that of the peer's
   * pre-shared key.
   */
  constructor(socket: TLSSocket, inner: Carrier, keyName: string | null = null) {
    super()
    this.#socket = socket
    this.#inner = inner
    this.#liveness = new Liveness(inner)
    // A socket without a certificate of the peer gives an empty object.
    this.identity =
      keyName ?? (socket.getPeerCertificate() as { fingerprint256?: string } | null)?.fingerprint256 ?? null
    this.alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null
    const wake = (): void => {
      this.lanes.reading.wake()
    }
    for (const event of ['readable', 'end', 'close']) socket.on(event, wake)
    socket.on('error', (error: Error) => {
      this.lanes.reading.close(error)
      this.lanes.writing.close(error)
    })
    inner.unref()
  }

  get localAddr(): Conn['localAddr'] {
    return this.#inner.localAddr
  }

  get remoteAddr(): Conn['remoteAddr'] {
    return this.#inner.remoteAddr
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    if (p.byteLength === 0 && this.lanes.reading.closed === null) return Promise.resolve(0)
    return this.lanes.reading.run(new ReadOp(this.#socket, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.lanes.writing.run(new WriteOp(this, p), options)
  }

  /**
   * Tells the peer that nothing more comes, after the writes before it; later writes reject with EPIPE, reading goes on.
   */
  closeWrite(): Promise<void> {
    return this.lanes.writing.run(new EndOp(this.#socket, this.lanes.writing))
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

  /** Makes the error of an operation. */
  opError(op: string, cause: Error): Error {
    return new OpError(op, this.localAddr.network, this.localAddr, this.remoteAddr, cause)
  }

  /** Counts operations that wait: they keep the process alive. */
  waiting(change: 1 | -1): void {
    this.#liveness.waiting(change)
  }

  /** Why nothing can be written: what the socket failed with, {@link ErrClosed}, a broken pipe; null while it lives. */
  get failure(): Error | null {
    const { destroyed, errored, writableEnded } = this.#socket
    if (destroyed) return errored ?? ErrClosed
    return writableEnded ? new SyscallError('write', new Errno('EPIPE', EPIPE)) : null
  }

  /**
   * Hands the socket the first bytes of `p` and gives their number: 0 while the stream below has not taken those before. They
   * can't be taken back, so they count as written.
   */
  hand(p: Uint8Array): number {
    if (this.#holding) return 0
    this.#holding = true
    // A copy: the socket holds it when the write that brought it is over.
    const piece = Buffer.from(p.subarray(0, PIECE))
    this.#socket.write(piece, () => {
      this.#holding = false
      this.lanes.writing.wake()
    })
    return piece.byteLength
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
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      if (socket.destroyed) {
        resolve()
        return
      }
      const timer = setTimeout(resolve, this.#holding ? PATIENCE : LINGER)
      const done = (): void => {
        clearTimeout(timer)
        resolve()
      }
      socket.once('close', done)
      socket.end(done)
    })
    socket.destroy()
    await this.#inner.close()
  }
}

class ReadOp extends Op<number | null> {
  readonly #socket: TLSSocket
  readonly #p: Uint8Array

  constructor(socket: TLSSocket, p: Uint8Array) {
    super('read')
    this.#socket = socket
    this.#p = p
  }

  override attempt(): boolean {
    const socket = this.#socket
    const n = Math.min(this.#p.byteLength, socket.readableLength)
    const chunk = socket.read(n) as Buffer | null
    if (chunk !== null && chunk.byteLength > 0) {
      this.#p.set(chunk)
      return this.done(chunk.byteLength)
    }
    if (socket.readableEnded) return this.done(null)
    return socket.destroyed ? this.fail(socket.errored ?? ErrClosed) : false
  }
}

class WriteOp extends Op<number> {
  readonly #conn: TLSConn
  readonly #p: Uint8Array
  #n = 0

  constructor(conn: TLSConn, p: Uint8Array) {
    super('write')
    this.#conn = conn
    this.#p = p
  }

  override attempt(): boolean {
    for (;;) {
      const { failure } = this.#conn
      if (failure !== null) return this.fail(failure)
      if (this.#n === this.#p.byteLength) return this.done(this.#n)
      const n = this.#conn.hand(this.#p.subarray(this.#n))
      if (n === 0) return false
      this.#n += n
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const error = super.error(owner, cause)
    if (error instanceof OpError) error.n = this.#n
    return error
  }
}

class EndOp extends Op<void> {
  readonly #socket: TLSSocket
  readonly #lane: Lane
  #begun = false

  constructor(socket: TLSSocket, lane: Lane) {
    super('close')
    this.#socket = socket
    this.#lane = lane
  }

  override attempt(): boolean {
    const socket = this.#socket
    if (socket.writableFinished) return this.done(undefined)
    if (socket.destroyed) return this.fail(socket.errored ?? ErrClosed)
    if (!this.#begun) socket.end(() => this.#lane.wake())
    this.#begun = true
    return false
  }
}
