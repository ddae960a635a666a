import { encodePacket } from '../ip/encode.ts'
import { headerLength } from '../ip/packet.ts'
import type { Sighting } from './sight.ts'

// Blocks of draft-ietf-opsawg-pcapng, in the byte order that is written.
const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const PACKET = 6
const RAW_IP = 101 // LINKTYPE_RAW: packets begin with their IP header
const IF_NAME = 2
const IF_TSRESOL = 9
const EPB_FLAGS = 2
const NANOSECONDS = 9 // the exponent of ten

/** A capture file of packets that left interfaces and came in by them; those that were lost had left one before. */
export function pcapngOf(sightings: Iterable<Sighting>, epoch: number): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [
    block(SECTION, [u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)]),
  ]
  const packets: Uint8Array[] = []
  const interfaces = new Map<string, number>()
  for (const { what, where, at, packet, damaged } of sightings) {
    if (what === 'lost') continue
    let index = interfaces.get(where)
    if (index === undefined) {
      interfaces.set(where, (index = interfaces.size))
      const options = [
        option(IF_NAME, new TextEncoder().encode(where)),
        option(IF_TSRESOL, Uint8Array.of(NANOSECONDS)),
      ]
      blocks.push(block(INTERFACE, [u16(RAW_IP), u16(0), u32(0), ...options, u32(0)]))
    }
    const bytes = encodePacket(packet)
    if (damaged) flip(bytes, headerLength(packet))
    const ns = BigInt(Math.round(at * 1e6)) + BigInt(epoch) * 1_000_000n
    packets.push(
      block(PACKET, [
        u32(index),
        u32(Number(ns >> 32n)),
        u32(Number(ns & 0xffffffffn)),
        u32(bytes.byteLength),
        u32(bytes.byteLength),
        padded(bytes),
        option(EPB_FLAGS, u32(what === 'in' ? 1 : 2)),
        u32(0),
      ]),
    )
  }
  return joined([...blocks, ...packets])
}

// The last bit of what the packet carries: its checksum stands in the header of TCP, UDP or ICMP.
function flip(bytes: Uint8Array, head: number): void {
  const last = bytes.byteLength - 1
  if (last >= head) bytes[last] = (bytes[last] ?? 0) ^ 1
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts)
  const length = body.byteLength + 12
  return joined([u32(type), u32(length), body, u32(length)])
}

function option(code: number, value: Uint8Array): Uint8Array {
  return joined([u16(code), u16(value.byteLength), padded(value)])
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array((bytes.byteLength + 3) & ~3)
  out.set(bytes)
  return out
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff)
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24)
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.byteLength
  }
  return out
}
