/** The sum of the 16-bit words of bytes, not yet folded; an odd byte at the end counts as the upper half of a word. */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  let i = from
  for (; i + 1 < to; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  if (i < to) sum += (bytes[i] ?? 0) << 8
  return sum
}

/** The internet checksum (RFC 1071) of a sum. */
export function checksumOf(sum: number): number {
  let s = sum
  while (s > 0xffff) s = (s % 0x10000) + Math.floor(s / 0x10000)
  return ~s & 0xffff
}
