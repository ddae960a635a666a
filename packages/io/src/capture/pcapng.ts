// Blocks of draft-ietf-opsawg-pcapng, in the byte order that is written: little endian.
import { joined } from '../index.ts'

const SECTION = 0x0a0d0d0a
const BYTE_ORDER = 0x1a2b3c4d
const INTERFACE = 1
const PACKET = 6
const RAW_IP = 101 // LINKTYPE_RAW: packets begin with their IP header
const COMMENT = 1
const IF_NAME = 2
const IF_TSRESOL = 9
const EPB_FLAGS = 2
const NANOSECONDS = 9 // the exponent of ten

const utf8 = new TextEncoder()

/** A packet of a capture file. */
export interface CapturedPacket {
  /** The number of its interface, of those that the file has described, from 0. */
  readonly interface: number
  /** When it was seen: nanoseconds since 1970. */
  readonly at: bigint
  /** Whether it came in or went out. */
  readonly direction: 'in' | 'out'
  /** The packet, from its IP header on. */
  readonly bytes: Uint8Array
  /** What a reader shows beside it; absent: nothing. */
  readonly comment?: string | undefined
}

/**
 * The block with which a capture file begins.
 *
 * @example
 * ```ts
 * import { sectionBlock } from '@net/io/capture'
 *
 * console.log(sectionBlock().byteLength) // 28
 * ```
 */
export function sectionBlock(): Uint8Array<ArrayBuffer> {
  return block(SECTION, [u32(BYTE_ORDER), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)])
}

/**
 * The block that describes an interface, to which packets refer by its number among all of them.
 *
 * @example
 * ```ts
 * import { interfaceBlock } from '@net/io/capture'
 *
 * console.log(interfaceBlock('eth0').byteLength) // 40
 * ```
 */
export function interfaceBlock(name: string): Uint8Array<ArrayBuffer> {
  const options = [option(IF_NAME, utf8.encode(name)), option(IF_TSRESOL, Uint8Array.of(NANOSECONDS))]
  return block(INTERFACE, [u16(RAW_IP), u16(0), u32(0), ...options, u32(0)])
}

/**
 * The block of a packet.
 *
 * @example
 * ```ts
 * import { packetBlock } from '@net/io/capture'
 *
 * const bytes = new Uint8Array(40)
 * console.log(packetBlock({ interface: 0, at: 0n, direction: 'in', bytes }).byteLength) // 84
 * ```
 */
export function packetBlock(packet: CapturedPacket): Uint8Array<ArrayBuffer> {
  const { interface: index, at, direction, bytes, comment } = packet
  return block(PACKET, [
    u32(index),
    u32(Number(at >> 32n)),
    u32(Number(at & 0xffffffffn)),
    u32(bytes.byteLength),
    u32(bytes.byteLength),
    padded(bytes),
    ...(comment === undefined ? [] : [option(COMMENT, utf8.encode(comment))]),
    option(EPB_FLAGS, u32(direction === 'in' ? 1 : 2)),
    u32(0),
  ])
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((n, part) => n + part.byteLength, 12)
  return joined([u32(type), u32(length), ...parts, u32(length)])
}

function option(code: number, value: Uint8Array): Uint8Array {
  return joined([u16(code), u16(value.byteLength), padded(value)])
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength % 4 === 0) return bytes
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
