import { IPv6zero, UDPAddr } from '@net/addr'
import { UDPHeader, udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'

/** A datagram that came: its bytes, which are good until the next one is taken, and who sent it. */
export interface Datagram {
  readonly payload: Uint8Array
  readonly from: UDPAddr
}

/** Takes a datagram with a header apart. Throws a RangeError for one that is too short. */
export function withHeader(bytes: Uint8Array): Datagram {
  const { header, payload } = unmarshalUDPHeader(bytes)
  const { raddr, rport } = header
  return { payload, from: new UDPAddr(raddr.to4() === null ? raddr : raddr.to16(), rport) }
}

/** A message with a header for `to` and a copy of `p`. */
export function messageTo(p: Uint8Array, local: UDPAddr, to: UDPAddr): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(udpHeaderSize + p.byteLength)
  const header = new UDPHeader({
    raddr: to.ip?.to16() ?? IPv6zero,
    laddr: local.ip?.to16() ?? IPv6zero,
    ifcaddr: IPv6zero, // only what is received has it
    rport: to.port,
    lport: local.port,
  })
  header.marshalInto(message)
  message.set(p, udpHeaderSize)
  return message
}
