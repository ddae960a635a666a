import { IP, parseIP, TCPAddr } from '@net/addr'
import type { ProxyHeader } from './header.ts'

/** The most bytes of a header of version 1, its end among them. */
export const V1_MAX = 107

const line = /^PROXY (?:(UNKNOWN)(?: [^\r\n]*)?|(TCP[46]) (\S+) (\S+) (\S+) (\S+))\r\n$/
const port = /^(?:0|[1-9]\d{0,4})$/

/** The line of a header. */
export function encodeV1({ source, destination }: ProxyHeader): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`PROXY ${textOf(source, destination)}\r\n`)
}

function textOf(source: ProxyHeader['source'], destination: ProxyHeader['destination']): string {
  if (source?.network !== 'tcp' || destination?.network !== 'tcp') return 'UNKNOWN'
  const ips = [source.ip ?? IP.fromUint32(0), destination.ip ?? IP.fromUint32(0)]
  const isV4 = ips.every((ip) => ip.to4() !== null)
  // Both have to be of one version: an IPv4 address among IPv6 ones is written as the IPv6 address that stands for it.
  const [from, to] = ips.map((ip) => (isV4 || ip.to4() === null ? ip.toString() : `::ffff:${ip.toString()}`))
  return `${isV4 ? 'TCP4' : 'TCP6'} ${from} ${to} ${source.port} ${destination.port}`
}

/** Reads a line, its end among it. Throws an Error that says what is wrong. */
export function decodeV1(text: string): ProxyHeader {
  const [, unknown, family, ...parts] = line.exec(text) ?? []
  if (unknown !== undefined) return { version: 1, source: null, destination: null, tlvs: [] }
  if (family === undefined) throw new Error('malformed PROXY header')
  const [from = '', to = '', fromPort = '', toPort = ''] = parts
  return {
    version: 1,
    source: addrOf(family, from, fromPort),
    destination: addrOf(family, to, toPort),
    tlvs: [],
  }
}

function addrOf(family: string, host: string, number: string): TCPAddr {
  const ip = (family === 'TCP4') === host.includes(':') ? null : parseIP(host)
  if (ip === null) throw new Error(`invalid ${family} address in PROXY header`)
  if (!port.test(number) || Number(number) > 65535) throw new Error('invalid port in PROXY header')
  return new TCPAddr(ip, Number(number))
}
