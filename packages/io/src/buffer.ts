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

/**
 * The bytes of all parts, one after the other, in a buffer of their own.
 *
 * @example
 * ```ts
 * import { joined } from '@net/io'
 *
 * console.log(joined([Uint8Array.of(1, 2), Uint8Array.of(3)]).join()) // 1,2,3
 * ```
 */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}
