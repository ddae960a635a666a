import { type UDPHeader, udpHeaderSize } from '@net/udp-header'

/**
 * Puts the header before `n` bytes of payload, which are at their place, and gives the length of both. A buffer too small
 * for the header gets a part of it.
 */
export function putHeader(p: Uint8Array, header: UDPHeader, n: number): number {
  if (p.length <= udpHeaderSize) {
    p.set(header.marshal().subarray(0, p.length))
    return p.length
  }
  header.marshalInto(p)
  return udpHeaderSize + n
}

/** Where the payload of a datagram goes; a byte that nobody sees when there is no room behind the header. */
export function payloadOf(p: Uint8Array): Uint8Array {
  return p.length > udpHeaderSize ? p.subarray(udpHeaderSize) : new Uint8Array(1)
}
