// A buffer has a power of two bytes and some for a header, so that a round number of bytes and its header fit
// one of its size.
const HEADER = 64
const SMALLEST = 10 // 1 KiB
const LARGEST = 20 // 1 MiB; longer ones are not kept
const KEPT = 4 << 20 // bytes kept of each size

/**
 * A store of buffers that are used again, shared by all sessions of the process.
 *
 * @example
 * ```ts
 * import { BufferPool } from '@net/9p'
 *
 * const pool = new BufferPool()
 * const buffer = pool.take(8192)
 * pool.give(buffer)
 * console.log(pool.take(8000) === buffer) // true
 * ```
 */
export class BufferPool {
  readonly #free: Uint8Array<ArrayBuffer>[][] = []

  /** Makes an empty pool. */
  constructor() {
    for (let i = SMALLEST; i <= LARGEST; i++) this.#free.push([])
  }

  /** Gives a buffer of at least `size` bytes, whatever it held before still in it. */
  take(size: number): Uint8Array<ArrayBuffer> {
    return this.#free[sizeClass(size) - SMALLEST]?.pop() ?? new Uint8Array(bufferSize(size))
  }

  /** Takes back a buffer that {@link take} gave and nobody uses any more. */
  give(b: Uint8Array<ArrayBuffer>): void {
    if (b.byteLength === 0) return // it was transferred
    const list = this.#free[sizeClass(b.byteLength) - SMALLEST]
    if (list !== undefined && list.length * b.byteLength < KEPT) list.push(b)
  }
}

/** The bytes of the buffer that a pool gives for `size` bytes. */
export function bufferSize(size: number): number {
  const k = sizeClass(size)
  return k > LARGEST ? size : 2 ** k + HEADER
}

function sizeClass(size: number): number {
  return Math.max(SMALLEST, 32 - Math.clz32(Math.max(size - HEADER - 1, 1)))
}
