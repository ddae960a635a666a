import { ACK, RST, SYN, type TCPSegment } from '../ip/packet.ts'
import type { Receiver } from './receiver.ts'
import { wrap } from './sequence.ts'

/** What a connection says of a segment; its ports follow from the connection. */
export type SegmentPart = Omit<TCPSegment, 'kind' | 'srcPort' | 'dstPort'>

const NONE = new Uint8Array(0)
const PLAIN = { mss: 0, scale: -1, data: NONE }

/** A segment of an established connection. It acknowledges what has come in. */
export function segmentOf(receiver: Receiver, seq: number, flags: number, data: Uint8Array): SegmentPart {
  return { ...PLAIN, seq: wrap(seq), ack: wrap(receiver.next), flags, window: receiver.window(), data }
}

/** A SYN, which answers the peer's when that has come. `scale` is -1 where the peer knows of none. */
export function synOf(
  receiver: Receiver,
  first: number,
  answers: boolean,
  mss: number,
  scale: number,
): SegmentPart {
  return {
    seq: wrap(first),
    ack: answers ? wrap(receiver.next) : 0,
    flags: answers ? SYN | ACK : SYN,
    window: receiver.window(false),
    mss,
    scale,
    data: NONE,
  }
}

/** The reset that answers a segment which does not belong to the connection. */
export function resetOf({ flags, ack }: TCPSegment): SegmentPart {
  return { ...PLAIN, seq: (flags & ACK) !== 0 ? ack : 0, ack: 0, flags: RST, window: 0 }
}
