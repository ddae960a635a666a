import { checksumOf, sumOf } from '@net/io/capture'

// The types of ICMP's echo, RFC 792 and RFC 4443.
const types = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const

const HEAD = 8 // bytes before the payload

/** The version of IP that an echo goes by. */
export type Version = 4 | 6

/*
 * 0 type   1 code   2 checksum   4 identifier   6 sequence number   8 payload
 */

/** An ICMP echo request with so many bytes of payload. The kernel fills in the checksum of IPv6. */
export function echoRequest(version: Version, id: number, seq: number, size: number): Uint8Array {
  const message = new Uint8Array(HEAD + size).fill(0x2a, HEAD)
  const view = new DataView(message.buffer)
  view.setUint8(0, types[version].request)
  view.setUint16(4, id)
  view.setUint16(6, seq)
  if (version === 4) view.setUint16(2, checksumOf(sumOf(message)))
  return message
}

/** The sequence number of an echo reply; null for what is none, or answers another one's request. */
export function replySeq(version: Version, message: Uint8Array, id: number | null): number | null {
  if (message.byteLength < HEAD || message[0] !== types[version].reply) return null
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  return id === null || view.getUint16(4) === id ? view.getUint16(6) : null
}
