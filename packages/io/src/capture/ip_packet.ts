import type { IP } from '@net/addr'
import { checksumOf, sumOf } from './checksum.ts'

/** The number of TCP within IP. */
export const TCP = 6
/** The number of UDP within IP. */
export const UDP = 17

const TTL = 64

/** One end of what a packet belongs to. */
export interface End {
  readonly ip: IP
  readonly port: number
}

/**
 * An IP packet with its checksums, as one sends it. `body` is what it carries, with zeros at `checksumAt`,
 * where its own checksum goes.
 */
export function ipPacket(
  protocol: number,
  from: IP,
  to: IP,
  body: Uint8Array,
  checksumAt: number,
): Uint8Array<ArrayBuffer> {
  const [from4, to4] = [from.to4(), to.to4()]
  const isV4 = from4 !== null && to4 !== null
  const [source, destination] = isV4 ? [from4.bytes(), to4.bytes()] : [from.to16().bytes(), to.to16().bytes()]
  const packet = isV4
    ? header4(protocol, source, destination, body)
    : header6(protocol, source, destination, body)
  const head = packet.byteLength - body.byteLength
  const ends = sumOf(source) + sumOf(destination) + protocol + body.byteLength
  new DataView(packet.buffer).setUint16(head + checksumAt, checksumOf(ends + sumOf(body)) || 0xffff)
  return packet
}

/*
 *  0 version, length   2 total length     6 flags: do not fragment
 *  8 TTL               9 protocol        10 checksum
 * 12 source           16 destination     20 body
 */
function header4(
  protocol: number,
  from: Uint8Array,
  to: Uint8Array,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(20 + body.byteLength)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, packet.byteLength)
  view.setUint16(6, 0x4000)
  view.setUint8(8, TTL)
  view.setUint8(9, protocol)
  packet.set(from, 12)
  packet.set(to, 16)
  view.setUint16(10, checksumOf(sumOf(packet, 0, 20)))
  packet.set(body, 20)
  return packet
}

/*
 *  0 version           4 length           6 next header       7 hop limit
 *  8 source           24 destination     40 body
 */
function header6(
  protocol: number,
  from: Uint8Array,
  to: Uint8Array,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(40 + body.byteLength)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x60)
  view.setUint16(4, body.byteLength)
  view.setUint8(6, protocol)
  view.setUint8(7, TTL)
  packet.set(from, 8)
  packet.set(to, 24)
  packet.set(body, 40)
  return packet
}
