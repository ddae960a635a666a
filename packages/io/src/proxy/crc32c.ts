const POLYNOMIAL = 0x82f63b78 // Castagnoli's, reversed (RFC 3720, appendix B.4)

/** The CRC-32C of bytes, which are few. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
  }
  return ~crc >>> 0
}
