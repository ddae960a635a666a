import type { Addr } from '@net/addr'
import {
  ErrClosed,
  type ByteStreams,
  type Conn,
  type File,
  type IOOptions,
  type RawConn,
  checkBuffer,
  byteLengthOf,
} from '@net/contract'
import { ConnStreams, isOver, LaneConn, type Lanes } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { fileOf } from './fd_file.ts'
import { readOnce, ReadOp, WriteOp } from './op.ts'
import { check, descriptor, PosixRawConn } from './rawconn.ts'
import { setReadBuffer, setWriteBuffer } from '../sys/sockopt.ts'
import { send, shutdown } from '../sys/syscall.ts'
import { writev } from './writev.ts'

/** A socket that reads and writes: what all connections have in common. */
export abstract class PosixConn<A extends Addr> extends LaneConn implements Conn<A> {
  /** The descriptor. */
  protected readonly fd: FD
  readonly #stream: boolean
  readonly #end: number | null

  /** Takes over a connected socket. `stream` is true where a short read means an empty buffer (TCP). */
  protected constructor(fd: FD, stream: boolean, end: number | null) {
    super()
    this.fd = fd
    this.#stream = stream
    this.#end = end
  }

  protected get lanes(): Lanes {
    return this.fd
  }

  abstract get localAddr(): A
  abstract get remoteAddr(): A

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { fd } = this
    if (byteLengthOf(p) === 0 && !fd.isClosed) return Promise.resolve(0)
    if (fd.readReady && fd.reading.free && !isOver(options)) {
      // These lines are ReadOp.attempt without an operation: most reads find their data here, and need no
      // allocation.
      const n = readOnce(fd, p, this.#stream)
      if (n > 0) return Promise.resolve(n)
      if (n === 0) return Promise.resolve(this.#end)
      // The kernel reports an error of the connection once, so an operation that tried again would not meet
      // it.
      if (n !== EAGAIN) return Promise.reject(fd.callError('read', 'read', n))
    }
    return fd.reading.run(new ReadOp(fd, p, this.#stream, this.#end), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { fd } = this
    let n = 0
    if (fd.writeReady && fd.writing.free && !isOver(options)) {
      n = send(fd.fd, p, byteLengthOf(p), abi.MSG_NOSIGNAL)
      if (n === byteLengthOf(p)) return Promise.resolve(n)
      if (n < 0 && n !== EAGAIN) {
        return Promise.reject(Object.assign(fd.callError('write', 'write', n), { n: 0 }))
      }
    }
    return fd.writing.run(new WriteOp(fd, p, Math.max(n, 0)), options)
  }

  setReadBuffer(bytes: number): void {
    check(this.fd, 'set', 'setsockopt', setReadBuffer(descriptor(this.fd, 'set'), bytes))
  }

  setWriteBuffer(bytes: number): void {
    check(this.fd, 'set', 'setsockopt', setWriteBuffer(descriptor(this.fd, 'set'), bytes))
  }

  async file(): Promise<File> {
    try {
      return fileOf(this.fd)
    } catch (cause) {
      throw this.fd.opError('file', cause as Error)
    }
  }

  syscallConn(): RawConn {
    return new PosixRawConn(this.fd)
  }

  ref(): void {
    this.fd.ref()
  }

  unref(): void {
    this.fd.unref()
  }

  close(): Promise<void> {
    return this.fd.close()
  }
}

/** A connection that is a stream of bytes. */
export abstract class PosixStreamConn<A extends Addr> extends PosixConn<A> implements ByteStreams {
  #streams: ConnStreams | null = null

  /** Takes over a connected socket. */
  protected constructor(fd: FD, shortReadIsEmpty: boolean, end: number | null = null) {
    super(fd, shortReadIsEmpty, end)
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    return writev(this.fd, buffers, options)
  }

  /** What {@link streamFD} gives. */
  static fdOf(conn: unknown): FD | null {
    return conn instanceof PosixStreamConn ? conn.fd : null
  }

  closeRead(): Promise<void> {
    return this.#shutdown(abi.SHUT_RD)
  }

  closeWrite(): Promise<void> {
    return this.#shutdown(abi.SHUT_WR)
  }

  #shutdown(how: number): Promise<void> {
    const { fd } = this
    if (fd.isClosed) return Promise.reject(fd.opError('close', ErrClosed))
    const result = shutdown(fd.fd, how)
    return result < 0 ? Promise.reject(fd.callError('close', 'shutdown', result)) : Promise.resolve()
  }
}

/** The descriptor of a stream connection of this package; null for anything else. */
export function streamFD(conn: unknown): FD | null {
  return PosixStreamConn.fdOf(conn)
}
