import { ipPacket, TCP, UDP, type End } from './ip_packet.ts'

const FIN = 1
const SYN = 2
const RST = 4
const PSH = 8
const ACK = 16

const MOST = 65_000 // bytes of a stream in one packet, which has 65,535 at most with its headers
const WINDOW = 0xffff
// The largest segment, that of a loopback, a padding byte, and how the window is to be read (RFC 7323).
const OPTIONS = [2, 4, 0xff, 0xd7, 1, 3, 3, 14]

/** Which way something went, seen from the end that is watched. */
export type Way = 'in' | 'out'

/** A packet, and which way it went. */
export type Frame = readonly [way: Way, bytes: Uint8Array<ArrayBuffer>]

/** The packets by which others would have seen what goes through a connection. */
export interface Frames {
  /** Those of its beginning. */
  begin(): Frame[]
  /** Those of bytes. `peer` is the other end, where it is not always the same. */
  data(way: Way, bytes: Uint8Array, peer?: End): Frame[]
  /** Those of the end of one way, the first time. */
  end(way: Way): Frame[]
  /** Those of a connection that broke. */
  reset(): Frame[]
}

/** A stream as TCP: it is established, and every segment acknowledged at once. */
export class StreamFrames implements Frames {
  readonly #ends: Readonly<Record<Way, readonly [from: End, to: End]>>
  readonly #next: Record<Way, number> = { in: 0, out: 0 } // sequence numbers
  readonly #ended: Record<Way, boolean> = { in: false, out: false }
  readonly #first: Way

  /** Makes the frames of a connection between two ends, which this end has dialled or accepted. */
  constructor(local: End, remote: End, dialled: boolean) {
    this.#ends = { out: [local, remote], in: [remote, local] }
    this.#first = dialled ? 'out' : 'in'
  }

  begin(): Frame[] {
    const [there, back] = [this.#first, other(this.#first)]
    return [
      this.#segment(there, SYN, 1, OPTIONS),
      this.#segment(back, SYN | ACK, 1, OPTIONS),
      this.#segment(there, ACK),
    ]
  }

  data(way: Way, bytes: Uint8Array): Frame[] {
    const frames: Frame[] = []
    for (let at = 0; at < bytes.byteLength; at += MOST) {
      const piece = bytes.subarray(at, at + MOST)
      frames.push(this.#segment(way, PSH | ACK, piece.byteLength, piece), this.#segment(other(way), ACK))
    }
    return frames
  }

  end(way: Way): Frame[] {
    if (this.#ended[way]) return []
    this.#ended[way] = true
    return [this.#segment(way, FIN | ACK, 1), this.#segment(other(way), ACK)]
  }

  reset(): Frame[] {
    if (this.#ended.in && this.#ended.out) return []
    this.#ended.in = this.#ended.out = true
    return [this.#segment('in', RST | ACK)]
  }

  /*
   *  0 source port    2 destination port    4 sequence number    8 acknowledgement
   * 12 header length 13 flags              14 window            16 checksum      20 options or data
   */
  #segment(way: Way, flags: number, length = 0, rest: ArrayLike<number> = []): Frame {
    const [from, to] = this.#ends[way]
    const segment = new Uint8Array(20 + rest.length)
    const view = new DataView(segment.buffer)
    view.setUint16(0, from.port)
    view.setUint16(2, to.port)
    view.setUint32(4, this.#next[way])
    if ((flags & ACK) !== 0) view.setUint32(8, this.#next[other(way)])
    view.setUint8(12, (flags & SYN) === 0 ? 0x50 : 0x70)
    view.setUint8(13, flags)
    view.setUint16(14, WINDOW)
    segment.set(rest, 20)
    this.#next[way] = (this.#next[way] + length) >>> 0
    return [way, ipPacket(TCP, from.ip, to.ip, segment, 16)]
  }
}

/** Datagrams as UDP. */
export class DatagramFrames implements Frames {
  readonly #local: End
  readonly #remote: End

  /** Makes the frames of a socket; `remote` is the other end of what comes and goes without one. */
  constructor(local: End, remote: End) {
    this.#local = local
    this.#remote = remote
  }

  begin(): Frame[] {
    return []
  }

  // 0 source port    2 destination port    4 length    6 checksum
  data(way: Way, bytes: Uint8Array, peer = this.#remote): Frame[] {
    const [from, to] = way === 'out' ? [this.#local, peer] : [peer, this.#local]
    const datagram = new Uint8Array(8 + bytes.byteLength)
    const view = new DataView(datagram.buffer)
    view.setUint16(0, from.port)
    view.setUint16(2, to.port)
    view.setUint16(4, datagram.byteLength)
    datagram.set(bytes, 8)
    return [[way, ipPacket(UDP, from.ip, to.ip, datagram, 6)]]
  }

  end(): Frame[] {
    return []
  }

  reset(): Frame[] {
    return []
  }
}

function other(way: Way): Way {
  return way === 'in' ? 'out' : 'in'
}
