import type { IOOptions } from '@net/contract'
import type { Reader, Writer } from './reader.ts'

const CHUNK = 65536 // bytes of a read

/** How {@link copy} copies. */
export interface CopyOptions extends IOOptions {
  /** Is told after each write how many bytes have gone so far. What it throws ends the copying. */
  readonly progress?: ((bytes: number) => void) | undefined
}

/**
 * Copies what `from` still gives to `to`, and gives the number of bytes, as Go's io.Copy. It reads on only when what it read has
 * been written, so a slow writer makes the reader wait, and holds 64 KiB. It closes neither, and tells neither of the end: call
 * `closeWrite` behind it. Rejects with the errors of either, or with the signal's reason: what was read and not written is lost
 * then. From one connection of the kernel to another `to.sendFile(from)` copies without JavaScript between them.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { copy } from '@net/core/io'
 *
 * const [a, b] = pipe()
 * void a.write(new Uint8Array(100_000)).then(() => a.closeWrite())
 * let most = 0
 * const sink = { write: async (p: Uint8Array) => p.byteLength }
 * console.log(await copy(sink, b, { progress: (bytes) => (most = bytes) })) // 100000
 * console.log(most) // 100000
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export async function copy(to: Writer, from: Reader, options: CopyOptions = {}): Promise<number> {
  const p = new Uint8Array(CHUNK)
  let bytes = 0
  for (let n = await from.read(p, options); n !== null; n = await from.read(p, options)) {
    bytes += await to.write(p.subarray(0, n), options)
    options.progress?.(bytes)
  }
  return bytes
}
