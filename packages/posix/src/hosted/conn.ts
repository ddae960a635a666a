import type { Addr } from '@net/addr'
import {
  ErrClosed,
  type ByteStreams,
  type Conn,
  type File,
  type IOOptions,
  type RawConn,
  checkBuffers,
  checkBuffer,
} from '@net/contract'
import { ConnStreams, LaneConn } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { ReadOp, WriteOp, type StreamHandle } from './stream.ts'

/** A connection of the host that is a stream of bytes. */
export abstract class HostedStreamConn<A extends Addr> extends LaneConn<A> implements Conn<A>, ByteStreams {
  /** The host's socket. */
  protected readonly handle: StreamHandle
  #streams: ConnStreams | null = null

  /** Takes over a connected socket. */
  protected constructor(handle: StreamHandle) {
    super()
    this.handle = handle
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrWindows))
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  syscallConn(): RawConn {
    throw this.handle.optionError(ErrWindows, 'raw-control')
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#both().readable
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#both().writable
  }

  #both(): ConnStreams {
    return (this.#streams ??= new ConnStreams({
      read: (p, options) => this.read(p, options),
      write: (p, options) => this.write(p, options),
      close: () => this.close(),
      closeWrite: () => this.endWritable(),
    }))
  }

  /** What closing `writable` does to the connection. */
  protected endWritable(): Promise<void> {
    return this.closeWrite()
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const { handle } = this
    if (p.byteLength === 0 && !handle.isClosed) return Promise.resolve(0)
    return handle.reading.run(new ReadOp(handle, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.handle.writing.run(new WriteOp(this.handle, [p]), options)
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    const wrong = checkBuffers(buffers)
    if (wrong !== null) return Promise.reject(wrong)
    return this.handle.writing.run(new WriteOp(this.handle, [...buffers]), options)
  }

  closeRead(): Promise<void> {
    if (this.handle.isClosed) return Promise.reject(this.handle.opError('close', ErrClosed))
    this.handle.closeRead()
    return Promise.resolve()
  }

  closeWrite(): Promise<void> {
    const { handle } = this
    if (handle.isClosed) return Promise.reject(handle.opError('close', ErrClosed))
    const e = handle.closeWrite()
    return e === null ? Promise.resolve() : Promise.reject(handle.opError('close', e))
  }

  /** Refuses: the host cannot set the size of a stream's buffers. */
  setReadBuffer(_bytes: number): void {
    this.handle.refuse()
  }

  /** Refuses: the host cannot set the size of a stream's buffers. */
  setWriteBuffer(_bytes: number): void {
    this.handle.refuse()
  }
}
