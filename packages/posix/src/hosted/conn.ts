import type { Addr } from '@net/addr'
import {
  ErrClosed,
  OpError,
  type ByteStreams,
  type Conn,
  type File,
  type IOOptions,
  type RawConn,
} from '@net/contract'
import { ConnStreams, LaneConn, type Lanes } from '@net/io'
import { checkBuffer } from '../common/argument.ts'
import { refusal } from './errors.ts'
import type { FD } from './fd.ts'
import { ReadOp, WriteOp, type StreamFD } from './stream.ts'

/** A socket of the host that reads and writes: what all connections have in common. */
export abstract class HostSocket<F extends FD, A extends Addr>
  extends LaneConn
  implements Omit<Conn<A>, 'read' | 'write'>
{
  /** The host's socket. */
  protected readonly fd: F

  /** Takes over a connected or bound socket. */
  protected constructor(fd: F) {
    super()
    this.fd = fd
  }

  protected get lanes(): Lanes {
    return this.fd
  }

  get localAddr(): A {
    return this.fd.localAddr as A
  }

  get remoteAddr(): A {
    return this.fd.remoteAddr as A
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  file(): Promise<File> {
    return Promise.reject(refusal('file', this.fd.net, this.localAddr, this.remoteAddr))
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  syscallConn(): RawConn {
    return this.refuse('raw-control')
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

  /** Throws the error of an option that the host does not have. */
  protected refuse(op = 'set'): never {
    throw refusal(op, this.fd.net, null, this.fd.localAddr)
  }

  /** Throws the error of an option of a closed socket. */
  protected checkOpen(): void {
    if (this.fd.isClosed) throw new OpError('set', this.fd.net, null, this.fd.localAddr, ErrClosed)
  }
}

/** A connection of the host that is a stream of bytes. */
export abstract class HostStream<A extends Addr>
  extends HostSocket<StreamFD, A>
  implements Conn<A>, ByteStreams
{
  #streams: ConnStreams | null = null

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { fd } = this
    if (p.byteLength === 0 && !fd.isClosed) return Promise.resolve(0)
    return fd.reading.run(new ReadOp(fd, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.fd.writing.run(new WriteOp(this.fd, p), options)
  }

  /** Copies the buffers into one: the host writes one at a time. */
  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    if (!Array.isArray(buffers) || !buffers.every((p) => p instanceof Uint8Array)) {
      return Promise.reject(new TypeError('the buffers are not an array of Uint8Arrays'))
    }
    return this.write(Buffer.concat(buffers), options)
  }

  closeRead(): Promise<void> {
    if (this.fd.isClosed) return Promise.reject(this.fd.opError('close', ErrClosed))
    this.fd.closeRead()
    return Promise.resolve()
  }

  closeWrite(): Promise<void> {
    const { fd } = this
    if (fd.isClosed) return Promise.reject(fd.opError('close', ErrClosed))
    const e = fd.closeWrite()
    return e === null ? Promise.resolve() : Promise.reject(fd.opError('close', e))
  }

  /** Refuses: the host cannot set the size of a stream's buffers. */
  setReadBuffer(_bytes: number): void {
    this.checkOpen()
    this.refuse()
  }

  /** Refuses: the host cannot set the size of a stream's buffers. */
  setWriteBuffer(_bytes: number): void {
    this.checkOpen()
    this.refuse()
  }
}
