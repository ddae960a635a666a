/**
 * Makes a buffer of `byteLength` bytes, all zero: what `allocBuffer` of `@net/core` is on targets that gain nothing from an
 * aligned one. Throws a RangeError for a length that no buffer has.
 *
 * @example
 * ```ts
 * import { plainBuffer } from '@net/io'
 *
 * console.log(plainBuffer(65536).byteLength) // 65536
 * ```
 */
export function plainBuffer(byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(byteLength)
}
