import { IPv6unspecified, type UDPAddr } from '@net/addr'
import { UDPHeader, udpHeaderSize } from '@net/udp-header'
import type { Address } from '../base/address.ts'
import type { Interfaces } from '../base/interfaces.ts'
import type { PacketAddress } from '../base/packet_address.ts'

/**
 * The header of a datagram that came to the port of `local`. `to` is the address that it was sent to, null when
 * the target does not tell.
 */
export function headerOf(
  from: UDPAddr,
  to: PacketAddress | null,
  local: Address,
  interfaces: Interfaces,
): UDPHeader {
  const raddr = from.ip ?? IPv6unspecified
  const laddr = to?.ip ?? local.ip ?? interfaces.localFor(raddr) ?? IPv6unspecified
  const ifcaddr = (to === null ? null : interfaces.addressOf(to.index, laddr)) ?? laddr
  return new UDPHeader({ raddr, laddr, ifcaddr, rport: from.port, lport: local.port })
}

/**
 * Puts the header into `p` before `n` bytes of payload, which are in their place already, and gives the length
 * of both. A buffer that is too small for the header gets a part of it.
 */
export function putHeader(p: Uint8Array, header: UDPHeader, n: number): number {
  if (p.byteLength <= udpHeaderSize) {
    p.set(header.marshal().subarray(0, p.byteLength))
    return p.byteLength
  }
  header.marshalInto(p)
  return udpHeaderSize + n
}

/** The part of `p` for a payload; a byte that nobody sees where the header leaves no room. */
export function payloadOf(p: Uint8Array): Uint8Array {
  return p.byteLength > udpHeaderSize ? p.subarray(udpHeaderSize) : new Uint8Array(1)
}
