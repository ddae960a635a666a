// Batches of a socket of the host, which takes and gives packets one by one.
import { byteLengthOf, type Message, OpError, type IOOptions, type UDPConn } from '@net/contract'
import { checkKept } from '@net/io'
import { ReceiveOp, type DatagramHandle, type Packet } from './datagram.ts'

/** Copies a packet into a buffer as far as it fits. Gives how many bytes that are. */
export function copyPacket({ data }: Packet, p: Uint8Array): number {
  const n = Math.min(data.byteLength, byteLengthOf(p))
  p.set(data.subarray(0, n))
  return n
}

/** Waits for a packet and takes as many as the host has by then, up to one for each message, of which there must be one. */
export function readBatch(
  handle: DatagramHandle,
  messages: readonly Message[],
  options?: IOOptions,
): Promise<number> {
  const finish = (first: Packet): number => {
    let n = 0
    for (let packet: Packet | null = first; packet !== null; n++) {
      const m = messages[n]
      if (m !== undefined) {
        const addr = handle.sender(packet.from)
        Object.assign(m, { n: copyPacket(packet, m.buffer), addr, oobn: 0, flags: 0, segmentSize: 0 })
      }
      packet = n + 1 < messages.length ? handle.next() : null
    }
    return n
  }
  return handle.reading.run(new ReceiveOp(handle, 'recvfrom', messages[0]?.buffer ?? null, finish), options)
}

/**
 * Sends messages in order, those with a segment size in pieces, each when the kernel has the one before. An error's `n` says how
 * many messages went.
 */
export async function writeBatch(
  conn: UDPConn,
  messages: readonly Message[],
  options?: IOOptions,
): Promise<number> {
  const lengths = messages.map(({ buffer }) => byteLengthOf(buffer))
  let n = 0
  try {
    for (const message of messages) {
      const { buffer, addr, segmentSize = 0 } = message
      const byteLength = lengths[n] ?? 0
      let at = 0
      do {
        checkKept(buffer, byteLength)
        const p = segmentSize > 0 ? buffer.subarray(at, at + segmentSize) : buffer
        at += await (addr === null ? conn.write(p, options) : conn.writeTo(p, addr, options))
      } while (at < byteLength)
      message.n = at
      n++
    }
    return n
  } catch (e) {
    if (e instanceof OpError) e.n = n
    throw e
  }
}
