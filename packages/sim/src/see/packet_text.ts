import { ACK, FIN, PSH, RST, SYN, type Body, type Packet } from '../ip/packet.ts'
import { endText } from './netstat.ts'

const letters: readonly (readonly [number, string])[] = [
  [SYN, 'S'],
  [FIN, 'F'],
  [RST, 'R'],
  [PSH, 'P'],
  [ACK, '.'],
]

/** A packet in words: 'tcp 10.0.0.1:32768 > 10.0.0.2:80 S seq 17 win 65535 len 0'. */
export function packetText({ src, dst, body }: Packet): string {
  const ends = (srcPort: number, dstPort: number): string => `${endText({ addr: src, port: srcPort })} > ${endText({ addr: dst, port: dstPort })}`
  switch (body.kind) {
    case 'tcp': {
      const ack = (body.flags & ACK) !== 0 ? ` ack ${body.ack}` : ''
      const { seq, window, data } = body
      const flags = flagsText(body.flags)
      return `tcp ${ends(body.srcPort, body.dstPort)} ${flags} seq ${seq}${ack} win ${window} len ${data.byteLength}`
    }
    case 'udp':
      return `udp ${ends(body.srcPort, body.dstPort)} len ${body.data.byteLength}`
    default:
      return `${otherText(body)}`.replace('%', `${src} > ${dst}`)
  }
}

/** The flags of a TCP segment as letters: S, F, R, P, and '.' for ACK. */
export function flagsText(flags: number): string {
  return letters.map(([flag, letter]) => ((flags & flag) === 0 ? '' : letter)).join('')
}

function otherText(body: Exclude<Body, { kind: 'tcp' | 'udp' }>): string {
  const length = body.data.byteLength
  switch (body.kind) {
    case 'icmp':
      return `icmp % type ${body.type} code ${body.code} len ${length}`
    case 'raw':
      return `ip % protocol ${body.protocol} len ${length}`
    case 'fragment':
      return `fragment % protocol ${body.protocol} offset ${body.offset}${body.more ? '+' : ''} len ${length}`
  }
}
