import { checkBuffer, ErrUnexpectedEOF, type IOOptions } from '@net/contract'
import { readError, type Reader } from './reader.ts'

/**
 * Reads until `p` is full and gives its length, or `null` when the stream has ended before the first byte, as Go's io.ReadFull.
 * Until the promise settles `p` belongs to the reader. Rejects with an {@link OpError} whose cause is {@link ErrUnexpectedEOF},
 * and whose `n` is the number of bytes that came, when the stream ends in between; with the reader's errors, or with the signal's
 * reason, and then what came is in `p`; with a TypeError where `p` is not a Uint8Array.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { readFull } from '@net/core/io'
 *
 * const [a, b] = pipe()
 * const header = new Uint8Array(4)
 * const whole = readFull(b, header)
 * await a.write(new Uint8Array([1, 2]))
 * await a.write(new Uint8Array([3, 4]))
 * console.log(await whole, header.join()) // 4 1,2,3,4
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export async function readFull(reader: Reader, p: Uint8Array, options?: IOOptions): Promise<number | null> {
  const wrong = checkBuffer(p)
  if (wrong !== null) throw wrong
  const length = p.byteLength
  for (let n = 0; n < length;) {
    const more = await reader.read(p.subarray(n, length), options)
    if (more !== null) n += more
    else if (n === 0) return null
    else throw Object.assign(readError(reader, ErrUnexpectedEOF), { n })
  }
  return length
}
