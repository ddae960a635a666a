import { ACK, FIN, RST, SYN, type TCPSegment } from '../ip/packet.ts'
import type { Receiver } from './receiver.ts'
import { wrap } from './sequence.ts'
import type { End } from './state.ts'

/** The two ends of a connection, of which a segment has the ports. */
export interface Ends {
  readonly local: End
  readonly remote: End
}

const NONE = new Uint8Array(0)

// Written out, without a spread: there is one for each packet, and all are of one shape.
function made(
  { local, remote }: Ends,
  seq: number,
  ack: number,
  flags: number,
  window: number,
  mss: number,
  scale: number,
  data: Uint8Array,
): TCPSegment {
  const [srcPort, dstPort] = [local.port, remote.port]
  return { kind: 'tcp', srcPort, dstPort, seq, ack, flags, window, mss, scale, data }
}

/** A segment of an established connection. It acknowledges what has come in. */
export function segmentOf(
  ends: Ends,
  receiver: Receiver,
  seq: number,
  flags: number,
  data: Uint8Array = NONE,
): TCPSegment {
  const ack = wrap(receiver.next)
  return made(ends, wrap(seq), ack, flags, receiver.window(), 0, -1, data)
}

/** A SYN, which answers the peer's when that has come. `scale` is -1 where the peer knows of none. */
export function synOf(
  ends: Ends,
  receiver: Receiver,
  first: number,
  answers: boolean,
  mss: number,
  scale: number,
): TCPSegment {
  const [ack, flags] = answers ? [wrap(receiver.next), SYN | ACK] : [0, SYN]
  return made(ends, wrap(first), ack, flags, receiver.window(false), mss, scale, NONE)
}

/** How many sequence numbers a segment takes: one for each byte, for its SYN and for its FIN. */
export function lengthOf({ flags, data }: TCPSegment): number {
  return data.byteLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)
}

/** The reset that answers a segment which belongs to no connection, or not to this one (RFC 9293 section 3.10.7.1). */
export function resetOf(ends: Ends, segment: TCPSegment): TCPSegment {
  const { flags, seq, ack } = segment
  if ((flags & ACK) !== 0) return made(ends, ack, 0, RST, 0, 0, -1, NONE)
  return made(ends, 0, wrap(seq + lengthOf(segment)), RST | ACK, 0, 0, -1, NONE)
}
