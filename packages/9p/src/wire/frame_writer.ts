import type { BufferPool } from './buffer_pool.ts'
import type { Stream } from './stream.ts'

const BATCH_SIZE = 16 * 1024 // bytes
// Payloads of at most so many bytes are copied behind their header: a second write costs more than the copy.
const COPY_LIMIT = 4096
const MOST_AT_ONCE = 16 // segments of one write
// How many microtasks a write waits: within them what has come reaches the program, and its answer this
// writer.
const GATHERING = 8

/** Whoever owns the buffer that a frame's payload is written from. */
export interface Lender {
  /** The buffer was transferred or made smaller before it was written. */
  bufferLost(): void
}

/** Bytes to write in one piece, in their order. */
interface Segment {
  /** The frame's bytes before its payload, where that is lent; null elsewhere. */
  readonly head: Uint8Array | null
  readonly bytes: Uint8Array
  /** How many bytes the frame says that {@link bytes} has. */
  readonly byteLength: number
  /** The buffer to give back to the pool afterwards. */
  readonly pooled: Uint8Array<ArrayBuffer> | null
  readonly lender: Lender | null
}

/**
 * Writes frames to a byte stream in the order they come; long payloads leave from where they are.
 *
 * When frames leave, and why then:
 * - A frame leaves some microtasks after it came, so that those of one turn of the event loop leave together:
 *   a write costs more than what is in it.
 * - While a write is under way frames gather, and all of them leave with the next.
 * - A patient frame, one that the other end need not be woken for, leaves with the next that is not, or when
 *   the loop has turned.
 * - What {@link drained} waits for leaves as if it were not patient.
 */
export class FrameWriter {
  /** The bytes that wait to be written. */
  pending = 0
  /** How many frames waited in vain for others to leave with; see {@link frame}. */
  missed = 0
  /** The memory into which {@link frame} says where to put a frame. */
  bytes = new Uint8Array(0) // until the first frame, as many a peer comes and goes without one
  readonly #stream: Stream
  readonly #pool: Pick<BufferPool, 'give'>
  readonly #failed: (error: unknown) => void
  #start = 0 // of the bytes in the batch that are in no segment yet
  #used = 0
  readonly #queue: Segment[] = []
  #writing: Promise<void> | null = null
  #awaitsTurn = false // whether a patient frame waits for the loop to turn
  #stopped = false

  /** Makes a writer that tells `failed` the first error of the stream and then drops everything. */
  constructor(stream: Stream, pool: Pick<BufferPool, 'give'>, failed: (error: unknown) => void) {
    this.#stream = stream
    this.#pool = pool
    this.#failed = failed
  }

  /**
   * Makes room for `n` bytes in {@link bytes} and gives where they begin. They must be filled in at once,
   * before anything else is asked of the writer, which may then put frames into other memory.
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
    this.#schedule(patient)
    return at
  }

  /** Takes back the last {@link frame}, of `n` bytes, in the same turn. */
  undo(n: number): void {
    this.#used -= n
    this.pending -= n
  }

  /**
   * Writes `bytes` next, without a copy unless they are few. They must stay as they are until they are
   * written.
   */
  payload(bytes: Uint8Array, pooled: Uint8Array<ArrayBuffer> | null = null): void {
    if (bytes.byteLength <= COPY_LIMIT) {
      this.#copy(bytes)
      if (pooled !== null) this.#pool.give(pooled)
      return
    }
    this.#cut()
    this.#push({ head: null, bytes, byteLength: bytes.byteLength, pooled, lender: null })
  }

  /**
   * Writes `bytes`, which belong to `lender`, behind the head that the last {@link frame} made of `n` bytes.
   * Where they are lost before anything of the frame was written, all of it is left out.
   */
  lent(n: number, bytes: Uint8Array, lender: Lender): void {
    if (bytes.byteLength <= COPY_LIMIT) {
      this.#copy(bytes)
      return
    }
    const end = this.#used
    this.#used -= n
    this.#cut()
    const head = this.bytes.subarray(end - n, end)
    this.#start = this.#used = end
    // A view of a fixed length, as one that follows its buffer would grow with it.
    const { byteLength } = bytes
    this.#push({ head, bytes: bytes.subarray(0, byteLength), byteLength, pooled: null, lender })
  }

  /** Resolves when nothing waits to be written any more, or the stream has failed. */
  async drained(): Promise<void> {
    if (this.#used > this.#start) this.#schedule(false)
    while (this.#writing !== null) await this.#writing
  }

  /** Drops what is not written yet and everything to come. */
  stop(): void {
    this.#stopped = true
  }

  #copy(bytes: Uint8Array): void {
    const at = this.frame(bytes.byteLength)
    this.bytes.set(bytes, at)
  }

  #push(segment: Segment): void {
    this.#queue.push(segment)
    this.pending += segment.byteLength
    this.#schedule(false)
  }

  // Makes a segment of the bytes that are in none.
  #cut(): void {
    if (this.#used === this.#start) return
    const bytes = this.bytes.subarray(this.#start, this.#used)
    this.#queue.push({ head: null, bytes, byteLength: bytes.byteLength, pooled: null, lender: null })
    this.#start = this.#used
  }

  // All that decides when bytes leave; the reasons stand at the class. A write goes on until nothing is left.
  #schedule(patient: boolean): void {
    if (this.#writing !== null) return
    if (!patient || typeof setImmediate !== 'function') {
      this.#writing = this.#write()
    } else if (!this.#awaitsTurn) {
      this.#awaitsTurn = true
      setImmediate(() => {
        this.#awaitsTurn = false
        if (this.#writing !== null || this.#used === this.#start) return
        this.missed++
        this.#writing = this.#write()
      })
    }
  }

  async #write(): Promise<void> {
    for (let i = 0; i < GATHERING; i++) await Promise.resolve()
    let segments: readonly Segment[] = []
    try {
      while (!this.#stopped) {
        this.#cut()
        if (this.#queue.length === 0) break
        segments = this.#kept(this.#queue.splice(0, MOST_AT_ONCE))
        await this.#writeAll(segments)
        for (const segment of segments) this.#leave(segment)
      }
    } catch (e) {
      this.#stopped = true
      for (const segment of segments) if (!isKept(segment)) segment.lender?.bufferLost()
      this.#failed(e)
    }
    if (this.#stopped) this.#queue.length = this.pending = 0
    this.#start = this.#used = 0
    this.#writing = null
  }

  // Those of the segments that can be written.
  #kept(segments: readonly Segment[]): readonly Segment[] {
    if (segments.every(isKept)) return segments
    for (const segment of segments) {
      if (isKept(segment)) continue
      this.#leave(segment)
      segment.lender?.bufferLost()
    }
    return segments.filter(isKept)
  }

  #leave({ head, byteLength, pooled }: Segment): void {
    this.pending -= byteLength + (head?.byteLength ?? 0)
    if (pooled !== null) this.#pool.give(pooled)
  }

  async #writeAll(segments: readonly Segment[]): Promise<void> {
    const stream = this.#stream
    const [first] = segments
    if (segments.length === 1 && first?.head === null) {
      await stream.write(first.bytes)
      return
    }
    const buffers = segments.flatMap(({ head, bytes }) => (head === null ? [bytes] : [head, bytes]))
    if (stream.writev !== undefined) await stream.writev(buffers)
    else for (const p of buffers) await stream.write(p)
  }
}

function isKept({ bytes, byteLength }: Segment): boolean {
  return bytes.byteLength >= byteLength
}
