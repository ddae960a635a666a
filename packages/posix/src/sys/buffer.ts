import { defaultFFI } from './ffi.ts'

const ALIGNMENT = 64 // bytes: a cache line

/**
 * Makes a buffer of `byteLength` bytes, all zero, that begins at a multiple of 64 bytes in memory. Bulk reads
 * into such a buffer cost about half of what they cost into another. Where kernel sockets are not
 * available, or neither the default nor in use, it is an ordinary buffer.
 *
 * @example
 * ```ts
 * import { allocBuffer } from '@net/posix'
 *
 * const p = allocBuffer(65536) // for reads, again and again
 * console.log(p.byteLength) // 65536
 * ```
 */
export function allocBuffer(byteLength: number): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(byteLength + ALIGNMENT)
  const address = Number((defaultFFI()?.address(new Uint8Array(buffer)) ?? 0n) % BigInt(ALIGNMENT))
  return new Uint8Array(buffer, (ALIGNMENT - address) % ALIGNMENT, byteLength)
}
