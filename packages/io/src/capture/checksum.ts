/**
 * The sum of the 16-bit words of bytes, not yet folded; an odd byte at the end counts as the upper half of a word. It stays exact
 * for the longest packet.
 *
 * @example
 * ```ts
 * import { sumOf } from '@net/io/capture'
 *
 * console.log(sumOf(Uint8Array.of(0, 1, 2))) // 513
 * ```
 */
export function sumOf(bytes: Uint8Array, from = 0, to = bytes.byteLength): number {
  let sum = 0
  let i = from
  for (; i + 1 < to; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  if (i < to) sum += (bytes[i] ?? 0) << 8
  return sum
}

/**
 * The internet checksum (RFC 1071) of a sum.
 *
 * @example
 * ```ts
 * import { checksumOf, sumOf } from '@net/io/capture'
 *
 * console.log(checksumOf(sumOf(Uint8Array.of(0, 1, 2)))) // 65022
 * ```
 */
export function checksumOf(sum: number): number {
  let s = sum
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000)
  return ~s & 0xffff
}
