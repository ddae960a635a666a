import { IP } from '@net/addr'
import { textOf } from './address.ts'
import { PROTO_ICMP, PROTO_ICMP6, PROTO_TCP, PROTO_UDP, type Body } from './packet.ts'

/** Reads what a packet of a protocol carries; what is cut off or of another protocol stays bytes. */
export function decodeBody(version: 4 | 6, protocol: number, bytes: Uint8Array): Body {
  const raw: Body = { kind: 'raw', protocol, data: bytes }
  if (bytes.byteLength < 8) return raw
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (protocol === PROTO_UDP) {
    const length = view.getUint16(4)
    if (length < 8 || length > bytes.byteLength) return raw
    return { kind: 'udp', srcPort: view.getUint16(0), dstPort: view.getUint16(2), data: bytes.subarray(8, length) }
  }
  if (protocol === (version === 4 ? PROTO_ICMP : PROTO_ICMP6)) {
    const [type, code] = [view.getUint8(0), view.getUint8(1)]
    return { kind: 'icmp', type, code, rest: view.getUint32(4), data: bytes.subarray(8) }
  }
  return raw
}

/** What an ICMP error tells of the packet that it is about. */
export interface Quoted {
  readonly version: 4 | 6
  readonly src: string
  readonly dst: string
  readonly protocol: number
  readonly srcPort: number
  readonly dstPort: number
  /** TCP's sequence number; of other protocols it means nothing. */
  readonly seq: number
  /** What the packet carried, as far as it is there, without the header of its protocol. */
  readonly data: Uint8Array<ArrayBuffer>
}

/** Reads the beginning of a packet as ICMP errors carry it; null when too little of it is there. */
export function decodeQuoted(bytes: Uint8Array): Quoted | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = bytes.byteLength > 0 && view.getUint8(0) >> 4 === 6 ? 6 : 4
  const head = version === 4 ? 20 : 40
  if (bytes.byteLength < head + 8) return null
  const at = (from: number, to: number): string => textOf(IP.from(bytes.subarray(from, to)))
  const protocol = view.getUint8(version === 4 ? 9 : 6)
  return {
    version,
    protocol,
    src: version === 4 ? at(12, 16) : at(8, 24),
    dst: version === 4 ? at(16, 20) : at(24, 40),
    srcPort: view.getUint16(head),
    dstPort: view.getUint16(head + 2),
    seq: view.getUint32(head + 4),
    data: bytes.slice(head + (protocol === PROTO_TCP ? 20 : 8)),
  }
}
