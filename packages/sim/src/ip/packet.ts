/** The number of a protocol within IP. */
export const PROTO_ICMP = 1
export const PROTO_TCP = 6
export const PROTO_UDP = 17
export const PROTO_ICMP6 = 58

/** The flags of a TCP segment. */
export const FIN = 1
export const SYN = 2
export const RST = 4
export const PSH = 8
export const ACK = 16

/** A TCP segment (RFC 9293 section 3.1). */
export interface TCPSegment {
  readonly kind: 'tcp'
  readonly srcPort: number
  readonly dstPort: number
  /** Sequence number, 0 to 2^32 - 1. */
  readonly seq: number
  /** Acknowledgement number, 0 to 2^32 - 1; 0 without the flag. */
  readonly ack: number
  readonly flags: number
  /** The window field, 0 to 65535, as it is on the wire: not scaled. */
  readonly window: number
  /** The option of the largest segment; 0 when it is absent. */
  readonly mss: number
  /** The option of the window's scale; -1 when it is absent. */
  readonly scale: number
  readonly data: Uint8Array
}

/** A UDP datagram. */
export interface UDPDatagram {
  readonly kind: 'udp'
  readonly srcPort: number
  readonly dstPort: number
  readonly data: Uint8Array
}

/** An ICMP message, of version 4 or 6. */
export interface ICMPMessage {
  readonly kind: 'icmp'
  readonly type: number
  readonly code: number
  /** The four bytes behind the checksum: identifier and sequence number of an echo, the MTU of "too big". */
  readonly rest: number
  readonly data: Uint8Array
}

/** What a packet of any other protocol carries, as bytes. */
export interface RawBody {
  readonly kind: 'raw'
  readonly protocol: number
  readonly data: Uint8Array
}

/** A piece of what was too large for one packet. */
export interface Fragment {
  readonly kind: 'fragment'
  readonly protocol: number
  /** Where the piece begins, in bytes; a multiple of 8. */
  readonly offset: number
  /** Whether pieces follow. */
  readonly more: boolean
  readonly data: Uint8Array
}

/** What a packet carries. */
export type Body = TCPSegment | UDPDatagram | ICMPMessage | RawBody | Fragment

/** An IP packet. It is never changed: what changes on its way is another one. */
export interface Packet {
  readonly version: 4 | 6
  /** The address of who sent it, in its canonical text. */
  readonly src: string
  /** The address it is sent to. */
  readonly dst: string
  /** How many routers it may still pass. */
  readonly ttl: number
  /** What fragments of one packet have in common. */
  readonly id: number
  /** Whether routers must not break it into fragments. Those of version 6 never do. */
  readonly whole: boolean
  readonly body: Body
}

/** The bytes of a packet's IP header, that of fragments of version 6 included. */
export function headerLength({ version, body }: Packet): number {
  if (version === 4) return 20
  return body.kind === 'fragment' ? 48 : 40
}

/** The bytes of what a packet carries. */
export function bodyLength(body: Body): number {
  switch (body.kind) {
    case 'tcp':
      return 20 + (body.mss > 0 ? 4 : 0) + (body.scale >= 0 ? 4 : 0) + body.data.byteLength
    case 'udp':
    case 'icmp':
      return 8 + body.data.byteLength
    case 'raw':
    case 'fragment':
      return body.data.byteLength
  }
}

/** The bytes of a packet. */
export function packetLength(packet: Packet): number {
  return headerLength(packet) + bodyLength(packet.body)
}

/** The protocol that a packet carries. */
export function protocolOf({ version, body }: Packet): number {
  switch (body.kind) {
    case 'tcp':
      return PROTO_TCP
    case 'udp':
      return PROTO_UDP
    case 'icmp':
      return version === 4 ? PROTO_ICMP : PROTO_ICMP6
    case 'raw':
    case 'fragment':
      return body.protocol
  }
}
