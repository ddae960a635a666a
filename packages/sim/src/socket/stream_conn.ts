import type { Addr } from '@net/addr'
import {
  checkBuffer,
  checkBuffers,
  ErrClosed,
  type ByteStreams,
  type File,
  type FileSource,
  type HalfCloser,
  type IOOptions,
  type RawConn,
  type SendFileOptions,
} from '@net/contract'
import { ConnStreams, copyingSendfileGroup, isOver, LaneConn, type Lane } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import type { Socket } from './socket.ts'
import { StreamReadOp, StreamWriteOp, type StreamSink, type StreamSource } from './stream_op.ts'

/** A connection that carries a stream of bytes. */
export abstract class StreamConn<A extends Addr>
  extends LaneConn<A>
  implements HalfCloser, ByteStreams, StreamSource, StreamSink
{
  protected readonly handle: Socket
  #streams: ConnStreams | null = null

  /** Takes over an open socket. */
  constructor(socket: Socket) {
    super()
    this.handle = socket
    socket.release = () => this.release()
  }

  abstract take(p: Uint8Array): number | null | string
  abstract put(p: Uint8Array): number | string
  /** Ends the direction that bytes come out of. */
  protected abstract shutRead(): void
  /** Ends the direction that bytes go into. */
  protected abstract shutWrite(): void
  /** Gives back what is behind it. The lanes are closed. */
  protected abstract release(): Promise<void>

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    const { reading } = this.handle
    if (p.byteLength === 0 && reading.closed === null && !isOver(options)) return Promise.resolve(0)
    return reading.run(new StreamReadOp(this, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    return this.handle.writing.run(new StreamWriteOp(this, [p]), options)
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    const wrong = checkBuffers(buffers)
    if (wrong !== null) return Promise.reject(wrong)
    this.handle.called()
    return this.handle.writing.run(new StreamWriteOp(this, [...buffers]), options)
  }

  /** Copies the source into the connection. Rejects as {@link SendfileGroup.sendFile} says. */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return copyingSendfileGroup.sendFile(this, source, options)
  }

  closeRead(): Promise<void> {
    return this.#shut(this.handle.reading, () => this.shutRead())
  }

  closeWrite(): Promise<void> {
    return this.#shut(this.handle.writing, () => this.shutWrite())
  }

  /** Rejects: a simulated host has no descriptors. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrUnsupported))
  }

  /** Throws: a simulated host has no descriptors. */
  syscallConn(): RawConn {
    throw this.handle.opError('raw-control', ErrUnsupported)
  }

  #shut(lane: Lane, end: () => void): Promise<void> {
    if (lane.closed !== null) return Promise.reject(this.handle.opError('close', ErrClosed))
    this.handle.called()
    end()
    lane.wake()
    return Promise.resolve()
  }
}
