// The control messages of recvmsg(2) and sendmsg(2) are laid out as sys/socket.h, netinet/in.h and linux/in.h
// have them on linux with 64-bit words.
import { IP } from '@net/addr'
import { system } from './system.ts'

/*
 * 0        8       12     16
 * +--------+-------+------+-----------------------------------------------+
 * | length | level | type | in_pktinfo:  ifindex[4] spec_dst[4] addr[4]   |
 * |        |       |      | in6_pktinfo: addr[16] ifindex[4]              |
 * +--------+-------+------+-----------------------------------------------+
 */
const HEADER = 16
const IPPROTO_IP = 0
const IP_PKTINFO = 8
const IPPROTO_IPV6 = 41
const IPV6_PKTINFO = 50

/** Whether the control messages of the host's system are laid out as drawn above. */
export const knowsPacketAddress = system.hasPacketInfo

/** The room for the control message of a datagram, in bytes. */
export const PACKET_ADDRESS_SIZE = 128

/** The address that a datagram was sent to, and the number of the interface by which it came. */
export interface PacketAddress {
  readonly ip: IP
  readonly index: number
}

/** Reads the control messages that came with a datagram; null when they do not tell where it was sent to. */
export function packetAddress(oob: Uint8Array): PacketAddress | null {
  const view = new DataView(oob.buffer, oob.byteOffset, oob.byteLength)
  for (let at = 0; at + HEADER <= oob.byteLength;) {
    const length = view.getUint32(at, true)
    if (length < HEADER || at + length > oob.byteLength) return null
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)]
    const data = at + HEADER
    if (level === IPPROTO_IP && type === IP_PKTINFO && length >= HEADER + 12) {
      return { ip: IP.from(oob.subarray(data + 8, data + 12)), index: view.getUint32(data, true) }
    }
    if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO && length >= HEADER + 20) {
      return { ip: IP.from(oob.subarray(data, data + 16)), index: view.getUint32(data + 16, true) }
    }
    at += Math.ceil(length / 8) * 8
  }
  return null
}

/** The control message that sends a datagram from an address of this machine. */
export function sendFrom(ip: IP): Uint8Array {
  const v4 = ip.to4()
  const size = HEADER + (v4 === null ? 20 : 12)
  const oob = new Uint8Array(Math.ceil(size / 8) * 8)
  const view = new DataView(oob.buffer)
  view.setUint32(0, size, true)
  view.setInt32(8, v4 === null ? IPPROTO_IPV6 : IPPROTO_IP, true)
  view.setInt32(12, v4 === null ? IPV6_PKTINFO : IP_PKTINFO, true)
  oob.set(v4 === null ? ip.bytes() : v4.bytes(), HEADER + (v4 === null ? 0 : 4))
  return oob
}
