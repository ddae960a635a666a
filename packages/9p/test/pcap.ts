// A pcap file of one TCP connection over Ethernet and IPv4, from the bytes of both directions.
//
//   pcap file header 24 | packet header 16 | Ethernet 14 | IPv4 20 | TCP 20 | data | packet header 16 | ...

const PORTS = [40_000, 564] as const
const MSS = 1460

function checksum(parts: Uint8Array[]): number {
  const b = Buffer.concat(parts)
  let sum = 0
  for (let i = 0; i < b.length; i += 2) sum += ((b[i] ?? 0) << 8) | (b[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function packet(
  from: 0 | 1,
  seq: number,
  ack: number,
  flags: number,
  data: Uint8Array,
  number: number,
): Buffer {
  const address = (end: number): number[] => [127, 0, 0, end + 1]
  const to = 1 - from
  const ethernet = Buffer.from([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x08, 0x00])
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(PORTS[from], 0)
  tcp.writeUInt16BE(PORTS[to as 0 | 1], 2)
  tcp.writeUInt32BE(seq >>> 0, 4)
  tcp.writeUInt32BE(ack >>> 0, 8)
  tcp[12] = 5 << 4
  tcp[13] = flags
  tcp.writeUInt16BE(0xffff, 14)
  const length = tcp.length + data.length
  const pseudo = Buffer.from([...address(from), ...address(to), 0, 6, length >>> 8, length & 0xff])
  tcp.writeUInt16BE(checksum([pseudo, tcp, data]), 16)
  const ip = Buffer.alloc(20)
  ip[0] = 0x45
  ip.writeUInt16BE(20 + length, 2)
  ip.writeUInt16BE(number & 0xffff, 4)
  ip[8] = 64
  ip[9] = 6
  ip.set([...address(from), ...address(to)], 12)
  ip.writeUInt16BE(checksum([ip]), 10)
  const frame = Buffer.concat([ethernet, ip, tcp, data])
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Math.floor(number / 1000), 0)
  header.writeUInt32LE((number % 1000) * 1000, 4)
  header.writeUInt32LE(frame.length, 8)
  header.writeUInt32LE(frame.length, 12)
  return Buffer.concat([header, frame])
}

/** Makes a pcap file of writes: each has the end it came from, 0 for the client, and its bytes. */
export function pcap(writes: readonly (readonly [0 | 1, Uint8Array])[]): Buffer {
  const file = Buffer.alloc(24)
  file.writeUInt32LE(0xa1b2c3d4, 0)
  file.writeUInt16LE(2, 4)
  file.writeUInt16LE(4, 6)
  file.writeUInt32LE(65_535, 16)
  file.writeUInt32LE(1, 20)
  const none = new Uint8Array()
  const next: [number, number] = [1001, 2001]
  const packets = [
    packet(0, 1000, 0, 0x02, none, 0),
    packet(1, 2000, 1001, 0x12, none, 1),
    packet(0, 1001, 2001, 0x10, none, 2),
  ]
  for (const [from, bytes] of writes) {
    for (let at = 0; at < bytes.length; at += MSS) {
      const data = bytes.subarray(at, at + MSS)
      packets.push(packet(from, next[from], next[from === 0 ? 1 : 0], 0x18, data, packets.length))
      next[from] += data.length
    }
  }
  return Buffer.concat([file, ...packets])
}
