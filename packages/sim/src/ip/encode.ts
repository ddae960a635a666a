import { checksumOf, sumOf } from '@net/io/capture'
import { ipOf } from './address.ts'
import { bodyLength, headerLength, packetLength, protocolOf, type Body, type Packet } from './packet.ts'

const FRAGMENT_HEADER = 44 // the number of IPv6's fragment header

/** The bytes of a packet as they are on the wire, checksums included. */
export function encodePacket(packet: Packet): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packetLength(packet))
  const head = headerLength(packet)
  if (packet.version === 4) putHeader4(bytes, packet)
  else putHeader6(bytes, packet)
  putBody(bytes, head, packet)
  return bytes
}

/** The bytes of what a packet carries. */
export function encodeBody(packet: Packet): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(bodyLength(packet.body))
  putBody(bytes, 0, packet)
  return bytes
}

/*
 *  0 version, length   1 service   2 total length        4 identification
 *  6 flags, fragment   8 TTL       9 protocol           10 checksum
 * 12 source           16 destination
 */
function putHeader4(bytes: Uint8Array<ArrayBuffer>, packet: Packet): void {
  const { body } = packet
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, bytes.byteLength)
  view.setUint16(4, packet.id & 0xffff)
  if (body.kind === 'fragment') view.setUint16(6, (body.more ? 0x2000 : 0) | (body.offset >> 3))
  else if (packet.whole) view.setUint16(6, 0x4000)
  view.setUint8(8, packet.ttl)
  view.setUint8(9, protocolOf(packet))
  bytes.set(ipOf(packet.src).bytes(), 12)
  bytes.set(ipOf(packet.dst).bytes(), 16)
  view.setUint16(10, checksumOf(sumOf(bytes, 0, 20)))
}

/*
 *  0 version, class, label         4 length              6 next header     7 hop limit
 *  8 source                       24 destination
 * 40 next header   42 offset, more   44 identification, of fragments
 */
function putHeader6(bytes: Uint8Array<ArrayBuffer>, packet: Packet): void {
  const { body } = packet
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, bytes.byteLength - 40)
  view.setUint8(6, body.kind === 'fragment' ? FRAGMENT_HEADER : protocolOf(packet))
  view.setUint8(7, packet.ttl)
  bytes.set(ipOf(packet.src).bytes(), 8)
  bytes.set(ipOf(packet.dst).bytes(), 24)
  if (body.kind !== 'fragment') return
  view.setUint8(40, body.protocol)
  view.setUint16(42, body.offset | (body.more ? 1 : 0))
  view.setUint32(44, packet.id)
}

function putBody(bytes: Uint8Array<ArrayBuffer>, at: number, packet: Packet): void {
  const { body } = packet
  const view = new DataView(bytes.buffer, at)
  switch (body.kind) {
    case 'tcp': {
      putTCP(view, body)
      bytes.set(body.data, bytes.byteLength - body.data.byteLength)
      view.setUint16(16, transportSum(bytes, at, packet))
      break
    }
    case 'udp': {
      view.setUint16(0, body.srcPort)
      view.setUint16(2, body.dstPort)
      view.setUint16(4, 8 + body.data.byteLength)
      bytes.set(body.data, at + 8)
      // Zero would mean that there is no checksum.
      view.setUint16(6, transportSum(bytes, at, packet) || 0xffff)
      break
    }
    case 'icmp': {
      view.setUint8(0, body.type)
      view.setUint8(1, body.code)
      view.setUint32(4, body.rest)
      bytes.set(body.data, at + 8)
      const sum =
        packet.version === 4
          ? checksumOf(sumOf(bytes, at, bytes.byteLength))
          : transportSum(bytes, at, packet)
      view.setUint16(2, sum)
      break
    }
    case 'raw':
    case 'fragment':
      bytes.set(body.data, at)
  }
}

/*
 *  0 source port    2 destination port    4 sequence number    8 acknowledgement
 * 12 header length, flags   14 window    16 checksum          18 urgent
 */
function putTCP(view: DataView, body: Extract<Body, { kind: 'tcp' }>): void {
  let at = 20
  view.setUint16(0, body.srcPort)
  view.setUint16(2, body.dstPort)
  view.setUint32(4, body.seq)
  view.setUint32(8, body.ack)
  view.setUint8(13, body.flags)
  view.setUint16(14, body.window)
  if (body.mss > 0) {
    view.setUint16(at, 0x0204)
    view.setUint16(at + 2, body.mss)
    at += 4
  }
  if (body.scale >= 0) {
    view.setUint32(at, 0x01030300 | body.scale)
    at += 4
  }
  view.setUint8(12, (at / 4) << 4)
}

// The checksum of TCP, UDP and ICMPv6 covers addresses, length and protocol as well.
function transportSum(bytes: Uint8Array<ArrayBuffer>, at: number, packet: Packet): number {
  const ends = [ipOf(packet.src).bytes(), ipOf(packet.dst).bytes()]
  let sum = protocolOf(packet) + bytes.byteLength - at
  for (const end of ends) sum += sumOf(end, 0, end.byteLength)
  return checksumOf(sum + sumOf(bytes, at, bytes.byteLength))
}
