import { checkKept, type LaneOwner } from '@net/io'
import { callError } from './errno.ts'
import { HostOp } from './host_op.ts'

/** A direction of a stream that bytes come out of. */
export interface StreamSource {
  /** Copies bytes that are there and gives how many; null at the end; 'wait' when nothing is there; else the name of an error. */
  take(p: Uint8Array): number | null | string
}

/** A direction of a stream that bytes go into. */
export interface StreamSink {
  /** Takes bytes and gives how many, 0 when there is no room; else the name of an error. */
  put(p: Uint8Array): number | string
}

/** What {@link StreamSource.take} gives when nothing is there yet. */
export const WAIT = 'wait'

/** A read of a stream. */
export class StreamReadOp extends HostOp<number | null> {
  readonly #source: StreamSource
  readonly #p: Uint8Array
  readonly #least: number

  /** Makes a read into a buffer. */
  constructor(source: StreamSource, p: Uint8Array) {
    super('read')
    this.#source = source
    this.#p = p
    this.#least = Math.min(p.byteLength, 1)
  }

  override attempt(): boolean {
    checkKept(this.#p, this.#least)
    const n = this.#source.take(this.#p)
    if (n === WAIT) return false
    return typeof n === 'string' ? this.fail(callError('read', n)) : this.done(n)
  }
}

/** A write of one buffer, or several as one. */
export class StreamWriteOp extends HostOp<number> {
  readonly #sink: StreamSink
  readonly #buffers: readonly Uint8Array[]
  readonly #lengths: readonly number[]
  #i = 0
  #at = 0 // bytes of the i-th buffer that went
  #n = 0

  /** Makes a write of buffers. */
  constructor(sink: StreamSink, buffers: readonly Uint8Array[]) {
    super('write')
    this.#sink = sink
    this.#buffers = buffers
    this.#lengths = buffers.map((p) => p.byteLength)
  }

  override attempt(): boolean {
    for (;;) {
      const p = this.#buffers[this.#i]
      if (p === undefined) return this.done(this.#n)
      checkKept(p, this.#lengths[this.#i] ?? 0)
      const n = this.#at < p.byteLength ? this.#sink.put(p.subarray(this.#at)) : 0
      if (typeof n === 'string') return this.fail(callError('write', n))
      this.#at += n
      this.#n += n
      if (this.#at < p.byteLength) return false
      this.#i++
      this.#at = 0
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(owner.opError(this.name, cause), { n: this.#n })
  }
}
