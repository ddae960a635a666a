import { protocolOf, type Body, type Packet } from '../ip/packet.ts'
import { flagsText } from '../see/packet_text.ts'

/** A packet as a rule sees it. */
export interface PacketView {
  /** When it is sent, in milliseconds of simulated time. */
  readonly at: number
  /** The host that sends it. */
  readonly from: string
  /** The host that it is for; null for a group, for everybody and for nobody. */
  readonly to: string | null
  readonly src: string
  readonly dst: string
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'fragment' | number
  /** The ports, of TCP and UDP; 0 otherwise. */
  readonly srcPort: number
  readonly dstPort: number
  /** The flags of a TCP segment: 'S' SYN, 'F' FIN, 'R' RST, 'P' PSH, '.' ACK; '' otherwise. */
  readonly flags: string
  /** The sequence number of a TCP segment; 0 otherwise. */
  readonly seq: number
  /** What it carries, behind the header of TCP, UDP or ICMP. It must not be written to. */
  readonly payload: Uint8Array
}

/**
 * What a rule says of a packet: nothing or 'pass', 'drop', that it is `delay` milliseconds late, that it is sent so many more
 * times, or that it carries other bytes, in TCP as many.
 */
export type Verdict =
  | 'pass'
  | 'drop'
  | { readonly delay: number }
  | { readonly duplicate: number }
  | { readonly change: Uint8Array }
  | undefined

/** A function that sees each packet that a host sends, and says what becomes of it. */
export type PacketRule = (packet: PacketView) => Verdict

/** A packet as a rule sees it. */
export function viewOf(packet: Packet, at: number, from: string, to: string | null): PacketView {
  const { src, dst, body } = packet
  const ports = body.kind === 'tcp' || body.kind === 'udp' ? body : { srcPort: 0, dstPort: 0 }
  return {
    at,
    from,
    to,
    src,
    dst,
    protocol: body.kind === 'raw' ? protocolOf(packet) : body.kind,
    srcPort: ports.srcPort,
    dstPort: ports.dstPort,
    flags: body.kind === 'tcp' ? flagsText(body.flags) : '',
    seq: body.kind === 'tcp' ? body.seq : 0,
    payload: body.data,
  }
}

/** The packet with other bytes. Throws a RangeError for a TCP segment that would have another length. */
export function changed(packet: Packet, data: Uint8Array): Packet {
  const { body } = packet
  if (body.kind === 'tcp' && data.byteLength !== body.data.byteLength)
    throw new RangeError('a rule cannot change the length of a TCP segment')
  const other: Body = { ...body, data: data.slice() }
  return { ...packet, body: other }
}
