import type { IP } from '@net/addr'

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
 * where its own checksum goes; null for a protocol whose checksum is not known here.
 */
export function ipPacket(
  protocol: number,
  from: IP,
  to: IP,
  body: Uint8Array,
  checksumAt: number | null,
): Uint8Array<ArrayBuffer> {
  const [from4, to4] = [from.to4(), to.to4()]
  const isV4 = from4 !== null && to4 !== null
  const [source, destination] = isV4 ? [from4.bytes(), to4.bytes()] : [from.to16().bytes(), to.to16().bytes()]
  const packet = isV4
    ? header4(protocol, source, destination, body)
    : header6(protocol, source, destination, body)
  if (checksumAt !== null) {
    const head = packet.byteLength - body.byteLength
    const ends = sum(source) + sum(destination) + protocol + body.byteLength
    new DataView(packet.buffer).setUint16(head + checksumAt, folded(ends + sum(body)) || 0xffff)
  }
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
  view.setUint16(10, folded(sum(packet.subarray(0, 20))))
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

// The sum of 16-bit words that the checksums of RFC 1071 are made of; it stays exact for the longest packet.
function sum(bytes: Uint8Array): number {
  let n = 0
  for (let i = 0; i < bytes.byteLength; i += 2) n += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  return n
}

function folded(n: number): number {
  let rest = n
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000)
  return ~rest & 0xffff
}
