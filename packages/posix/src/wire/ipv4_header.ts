const headerLength = 20 // of IPv4 without options, in bytes (RFC 791)

/** Where the payload of an IPv4 packet of `n` bytes begins; 0 for what is no such packet. */
export function payloadOffset(packet: Uint8Array, n: number): number {
  const first = packet[0] ?? 0
  const length = (first & 0xf) * 4
  return n < headerLength || first >> 4 !== 4 || length < headerLength || length > n ? 0 : length
}
