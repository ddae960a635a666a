// Runs anywhere: it imports nothing of Node.
import { ipv4 } from '@net/addr'
import { UDPHeader, udpHeaderSize, unmarshalUDPHeader } from '@net/udp-header'

/** @param {unknown} actual @param {unknown} expected */
function equal(actual, expected) {
  if (actual !== expected) throw new Error(`got ${String(actual)}, expected ${String(expected)}`)
}

const ip = ipv4(192, 0, 2, 1)
const packet = new Uint8Array(udpHeaderSize + 3)
new UDPHeader({ raddr: ip, laddr: ip, ifcaddr: ip, rport: 53, lport: 1024 }).marshalInto(packet)
const { header, payload } = unmarshalUDPHeader(packet)
equal(String(header.raddr), '192.0.2.1')
equal(header.rport, 53)
equal(header.lport, 1024)
equal(payload.length, 3)
