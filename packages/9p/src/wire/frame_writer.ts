import type { BufferPool } from './buffer_pool.ts'
import type { Stream } from './stream.ts'

const BATCH_SIZE = 16 * 1024
// Payloads up to this many bytes are copied behind their header: a second write costs more than the copy.
const COPY_LIMIT = 4096
const MOST_AT_ONCE = 16 // segments of one write
// Microtasks that a write waits for more to say: what has come reaches the program, and its answer the session, in some.
const PATIENCE = 8

// A run of bytes to write, and the buffer to give back to the pool afterwards.
interface Segment {
  readonly bytes: Uint8Array
  readonly pooled: Uint8Array<ArrayBuffer> | null
}

/**
 * Writes frames to a byte stream in the order they come. Frames of one turn of the event loop, and those that come while
 * a write is under way, leave together in one write; long payloads leave from where they are.
 */
export class FrameWriter {
  /** The bytes that wait to be written. */
  pending = 0
  /** How many frames waited in vain for others to leave with; see {@link frame}. */
  missed = 0
  /** The memory into which {@link frame} says where to put a frame. */
  bytes = new Uint8Array(BATCH_SIZE)
  readonly #stream: Stream
  readonly #pool: Pick<BufferPool, 'give'>
  readonly #failed: (error: unknown) => void
  #start = 0 // of the bytes in the batch that are in no segment yet
  #used = 0
  readonly #queue: Segment[] = []
  #running: Promise<void> | null = null
  #waiting = false // for the end of the turn
  #stopped = false

  /** Makes a writer that tells `failed` the first error of the stream and then drops everything. */
  constructor(stream: Stream, pool: Pick<BufferPool, 'give'>, failed: (error: unknown) => void) {
    this.#stream = stream
    this.#pool = pool
    this.#failed = failed
  }

  /**
   * Makes room for `n` bytes in {@link bytes}, to be filled at once, and gives where they begin. A `patient` frame leaves with
   * the next one that is not, or when the event loop has turned.
   */
  frame(n: number, patient = false): number {
    if (this.#used + n > this.bytes.byteLength) {
      this.#cut()
      this.bytes = new Uint8Array(Math.max(n, BATCH_SIZE))
      this.#start = this.#used = 0
    }
    const at = this.#used
    this.#used += n
    this.pending += n
    if (patient && typeof setImmediate === 'function') this.#wait()
    else this.#run()
    return at
  }

  /** Takes back the last {@link frame}, of `n` bytes, in the same turn. */
  undo(n: number): void {
    this.#used -= n
    this.pending -= n
  }

  /** Writes `bytes` next, without a copy unless they are few. They must stay as they are until they are written. */
  payload(bytes: Uint8Array, pooled: Uint8Array<ArrayBuffer> | null = null): void {
    if (bytes.byteLength <= COPY_LIMIT) {
      const at = this.frame(bytes.byteLength)
      this.bytes.set(bytes, at)
      if (pooled !== null) this.#pool.give(pooled)
      return
    }
    this.#cut()
    this.#queue.push({ bytes, pooled })
    this.pending += bytes.byteLength
    this.#run()
  }

  /** Resolves when nothing waits to be written any more, or the stream has failed. */
  async drained(): Promise<void> {
    if (this.#used > this.#start) this.#run()
    while (this.#running !== null) await this.#running
  }

  /** Drops what is not written yet and everything to come. */
  stop(): void {
    this.#stopped = true
  }

  #cut(): void {
    if (this.#used === this.#start) return
    this.#queue.push({ bytes: this.bytes.subarray(this.#start, this.#used), pooled: null })
    this.#start = this.#used
  }

  #run(): void {
    this.#running ??= this.#write()
  }

  #wait(): void {
    if (this.#waiting || this.#running !== null) return
    this.#waiting = true
    setImmediate(() => {
      this.#waiting = false
      if (this.#running !== null || this.#used === this.#start) return
      this.missed++
      this.#run()
    })
  }

  async #write(): Promise<void> {
    for (let i = 0; i < PATIENCE; i++) await Promise.resolve()
    try {
      while (!this.#stopped) {
        this.#cut()
        const segments = this.#queue.splice(0, MOST_AT_ONCE)
        const [first] = segments
        if (first === undefined) break
        if (segments.length === 1) await this.#stream.write(first.bytes)
        else await this.#writeAll(segments.map((segment) => segment.bytes))
        for (const { bytes, pooled } of segments) {
          this.pending -= bytes.byteLength
          if (pooled !== null) this.#pool.give(pooled)
        }
      }
    } catch (e) {
      this.#stopped = true
      this.#failed(e)
    }
    if (this.#stopped) this.#queue.length = this.pending = 0
    this.#start = this.#used = 0
    this.#running = null
  }

  async #writeAll(buffers: readonly Uint8Array[]): Promise<void> {
    const stream = this.#stream
    if (stream.writev !== undefined) await stream.writev(buffers)
    else for (const p of buffers) await stream.write(p)
  }
}
