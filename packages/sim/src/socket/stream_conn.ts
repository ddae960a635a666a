import type { Addr } from '@net/addr'
import type { FileSource, HalfCloser, IOOptions, SendFileOptions } from '@net/contract'
import { ConnStreams, copyingSendfileGroup, isOver } from '@net/io'
import { checkBuffer, checkBuffers } from './argument.ts'
import { SimSocket } from './conn.ts'
import { StreamReadOp, StreamWriteOp, type StreamSink, type StreamSource } from './stream_op.ts'

/** A connection that carries a stream of bytes. */
export abstract class StreamConn<A extends Addr> extends SimSocket<A> implements HalfCloser {
  /** What bytes come out of. */
  protected abstract readonly source: StreamSource
  /** What bytes go into. */
  protected abstract readonly sink: StreamSink
  #streams: ConnStreams | null = null

  abstract closeRead(): Promise<void>
  abstract closeWrite(): Promise<void>

  get remoteAddr(): A {
    return this.hold.remoteAddr as A
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#both().readable
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#both().writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    if (p.byteLength === 0 && this.reading.closed === null && !isOver(options)) return Promise.resolve(0)
    return this.reading.run(new StreamReadOp(this.source, p), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    return this.writing.run(new StreamWriteOp(this.sink, [p]), options)
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    const wrong = checkBuffers(buffers)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    return this.writing.run(new StreamWriteOp(this.sink, [...buffers]), options)
  }

  /** Copies the source into the connection. Rejects as {@link SendfileGroup.sendFile} says. */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return copyingSendfileGroup.sendFile(this, source, options)
  }

  #both(): ConnStreams {
    return (this.#streams ??= new ConnStreams(this))
  }
}
