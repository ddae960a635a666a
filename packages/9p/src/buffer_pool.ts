// Buffers by powers of two, so that a reply of any length finds one that was used before.
const SMALLEST = 10 // 1 KiB
const LARGEST = 21 // 2 MiB; longer ones are not kept
const KEPT = 1 << 20 // bytes kept of each size

/** A store of buffers that are used again, shared by all sessions of the process. */
export class BufferPool {
  readonly #free: Uint8Array<ArrayBuffer>[][] = []

  /** Makes an empty pool. */
  constructor() {
    for (let i = SMALLEST; i <= LARGEST; i++) this.#free.push([])
  }

  /** Gives a buffer of at least `size` bytes, whatever it held before still in it. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const k = sizeClass(size)
    return this.#free[k - SMALLEST]?.pop() ?? new Uint8Array(k > LARGEST ? size : 2 ** k)
  }

  /** Takes back a buffer that {@link take} gave and nobody uses any more. */
  give(b: Uint8Array<ArrayBuffer>): void {
    const list = this.#free[sizeClass(b.length) - SMALLEST]
    if (list !== undefined && (list.length === 0 || list.length * b.length < KEPT)) list.push(b)
  }
}

function sizeClass(size: number): number {
  return Math.max(SMALLEST, 32 - Math.clz32(size - 1))
}
