import { encodePacket } from './encode.ts'
import type { ICMPMessage, Packet } from './packet.ts'

/** Why a packet did not get where it should. */
export type Trouble = 'net' | 'host' | 'port' | 'protocol' | 'tooBig' | 'ttl' | 'prohibited'

// The types and codes of RFC 792 (with RFC 1812) and of RFC 4443.
const codes4: Readonly<Record<Trouble, readonly [type: number, code: number]>> = {
  net: [3, 0],
  host: [3, 1],
  protocol: [3, 2],
  port: [3, 3],
  tooBig: [3, 4],
  prohibited: [3, 13],
  ttl: [11, 0],
}
const codes6: typeof codes4 = {
  net: [1, 0],
  prohibited: [1, 1],
  host: [1, 3],
  port: [1, 4],
  tooBig: [2, 0],
  ttl: [3, 0],
  protocol: [4, 1],
}

// A message must not be larger than what every path carries, 576 and 1280 bytes, its own headers included.
const QUOTE = { 4: 548, 6: 1232 }

/** The message that tells of a packet's trouble, which it carries the beginning of. */
export function troubleMessage(packet: Packet, trouble: Trouble, mtu = 0): ICMPMessage {
  const [type, code] = (packet.version === 4 ? codes4 : codes6)[trouble]
  return { kind: 'icmp', type, code, rest: mtu, data: encodePacket(packet).subarray(0, QUOTE[packet.version]) }
}

/** The trouble that a message tells of; null when it is about something else. */
export function troubleOf(version: 4 | 6, { type, code }: ICMPMessage): Trouble | null {
  const table = version === 4 ? codes4 : codes6
  for (const trouble of Object.keys(table) as Trouble[]) {
    const [t, c] = table[trouble]
    if (t === type && c === code) return trouble
  }
  return null
}

/** The name of the error number by which a program is told of a trouble, as Linux has it; null where it is not told. */
export function troubleErrno(version: 4 | 6, trouble: Trouble): string | null {
  switch (trouble) {
    case 'net':
      return 'ENETUNREACH'
    case 'host':
    case 'ttl':
      return 'EHOSTUNREACH'
    case 'port':
      return 'ECONNREFUSED'
    case 'protocol':
      return version === 4 ? 'ENOPROTOOPT' : 'EPROTO'
    case 'tooBig':
      return 'EMSGSIZE'
    case 'prohibited':
      return version === 4 ? 'EHOSTUNREACH' : 'EACCES'
  }
}

/** Whether a message is an error: no error is answered by an error. */
export function isError(version: 4 | 6, { type }: ICMPMessage): boolean {
  return version === 6 ? type < 128 : type === 3 || type === 4 || type === 5 || type === 11 || type === 12
}

/** The types of an echo's request and reply. */
export const echoTypes = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const
