import { joined } from '@net/io'
import { interfaceBlock, packetBlock, sectionBlock } from '@net/io/capture'
import { encodePacket } from '../ip/encode.ts'
import { headerLength } from '../ip/packet.ts'
import type { Sighting } from './sight.ts'

/** A capture file of packets that left interfaces and came in by them; those that were lost had left one before. */
export function pcapngOf(sightings: Iterable<Sighting>, epoch: number): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [sectionBlock()]
  const packets: Uint8Array[] = []
  const interfaces = new Map<string, number>()
  for (const { what, where, at, packet, damaged } of sightings) {
    if (what === 'lost') continue
    let index = interfaces.get(where)
    if (index === undefined) {
      interfaces.set(where, (index = interfaces.size))
      blocks.push(interfaceBlock(where))
    }
    const bytes = encodePacket(packet)
    if (damaged) flip(bytes, headerLength(packet))
    const ns = BigInt(Math.round(at * 1e6)) + BigInt(epoch) * 1_000_000n
    packets.push(packetBlock({ interface: index, at: ns, direction: what === 'in' ? 'in' : 'out', bytes }))
  }
  return joined([...blocks, ...packets])
}

// The last bit of what the packet carries: its checksum stands in the header of TCP, UDP or ICMP.
function flip(bytes: Uint8Array, head: number): void {
  const last = bytes.byteLength - 1
  if (last >= head) bytes[last] = (bytes[last] ?? 0) ^ 1
}
