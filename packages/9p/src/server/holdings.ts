import { BufferPool, bufferSize } from '../wire/buffer_pool.ts'
import { TOO_MANY_BYTES } from './refusals.ts'

/**
 * The memory that several sessions share. It is counted, not allocated: in bytes, as a session takes and
 * returns it.
 */
export interface Memory {
  /** Whether so many bytes more may be held. A request for which there is no room is refused. */
  hasRoom(bytes: number): boolean
  /**
   * Counts bytes that are held from now on; a negative number, bytes that are held no more. It must not
   * throw.
   */
  hold(bytes: number): void
}

/** Bytes that a fid counts: its object, its place in the table, and the node it refers to. */
export const FID_SIZE = 512

/**
 * Bytes that a pending request counts beside its data: the call, its promises, and what the tree keeps to
 * answer it.
 */
export const CALL_SIZE = 2048

/** The buffers of all sessions: replies are read into them, and long writes received. */
const pool = new BufferPool()

/**
 * What one session holds in memory, counted in bytes as it is really held: a buffer by its size and not by
 * the part that is used, from when it is taken until it was sent or is not needed any more.
 */
export class Holdings {
  readonly #most: number
  readonly #shared: Memory | null
  #bytes = 0
  #ended = false

  /**
   * Makes the count of a session that may hold `most` bytes, and together with others what `shared` has room
   * for.
   */
  constructor(most: number, shared: Memory | null) {
    this.#most = most
    this.#shared = shared
  }

  /** The bytes held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Throws "too many bytes in flight" when there is no room for so many bytes more. */
  check(bytes: number): void {
    if (!this.#fits(bytes)) throw TOO_MANY_BYTES
  }

  /** Whether there is room for a buffer of at least `size` bytes. */
  hasRoom(size: number): boolean {
    return this.#fits(bufferSize(size))
  }

  /** Counts bytes, whether or not there is room for them; a negative number, bytes that are held no more. */
  hold(bytes: number): void {
    if (this.#ended) return
    this.#bytes += bytes
    this.#shared?.hold(bytes)
  }

  /**
   * Gives a buffer of at least `size` bytes, whatever it held before still in it. Throws as {@link check}
   * does.
   */
  take(size: number): Uint8Array<ArrayBuffer> {
    this.check(bufferSize(size))
    const b = pool.take(size)
    this.hold(b.byteLength)
    return b
  }

  /** Takes back a buffer that {@link take} gave and nobody uses any more. */
  give(b: Uint8Array<ArrayBuffer>): void {
    this.hold(-b.byteLength)
    pool.give(b)
  }

  /** Counts a buffer as returned that somebody may still write to, and which is therefore not used again. */
  abandon(b: Uint8Array<ArrayBuffer>): void {
    this.hold(-b.byteLength)
  }

  /** Returns everything: the session has ended. What it still gives back is not counted twice. */
  end(): void {
    this.hold(-this.#bytes)
    this.#ended = true
  }

  #fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#most && this.#shared?.hasRoom(bytes) !== false
  }
}
