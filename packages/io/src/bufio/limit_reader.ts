import type { IOOptions } from '@net/contract'
import type { Reader } from './reader.ts'

/**
 * A reader of the next `limit` bytes of another one: it ends after them at the latest, and takes no more of the other, as Go's
 * io.LimitReader. Its reads fail as the other's do. Throws a TypeError for a limit that is no number of bytes, 0 or more.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { limitReader } from '@net/core/io'
 *
 * const [a, b] = pipe()
 * void a.write(new TextEncoder().encode('head and body'))
 * const head = limitReader(b, 4)
 * const p = new Uint8Array(64)
 * console.log(await head.read(p), await head.read(p)) // 4 null
 * console.log(await b.read(p)) // 9
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function limitReader(reader: Reader, limit: number): Reader {
  if (typeof limit !== 'number' || !(limit >= 0))
    throw new TypeError('the limit is no number of bytes, 0 or more')
  return new LimitedReader(reader, limit)
}

class LimitedReader implements Reader {
  readonly #reader: Reader
  #left: number

  constructor(reader: Reader, limit: number) {
    this.#reader = reader
    this.#left = limit
  }

  async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    if (this.#left === 0 && p.byteLength > 0) return null
    // Reads that are made meanwhile must not take the same bytes.
    const length = Math.min(p.byteLength, this.#left)
    this.#left -= length
    let n: number | null = 0
    try {
      n = await this.#reader.read(p.subarray(0, length), options)
      return n
    } finally {
      this.#left += length - (n ?? 0)
    }
  }
}
