import { IP, IPv6loopback, IPv6unspecified, parseIP } from '@net/addr'
import { BAD_IP, fail } from './errors.ts'

/** An address and a port as control messages have them. */
export interface Address {
  /** null: any address of this machine. */
  readonly ip: IP | null
  readonly port: number
}

/** The address that `local` and `remote` hold before the conversation has one. */
export const NO_ADDRESS: Address = { ip: null, port: 0 }

const localhost = IP.from([127, 0, 0, 1])

/** `ADDR!PORT`, any address being `::`. */
export function printAddress({ ip, port }: Address): string {
  return `${printIP(ip)}!${port}`
}

/** An address the way %I prints it; null is `::`. */
export function printIP(ip: IP | null): string {
  return (ip ?? IPv6unspecified).toString()
}

/**
 * Reads a numeric address: IPv4, IPv6, or one of the short forms of IPv4 that Plan 9 takes, as 127.1. null
 * for other texts.
 */
export function parseNumeric(text: string): IP | null {
  const ip = parseIP(text)
  if (ip !== null) return ip
  const parts = /^(\d{1,3})(?:\.(\d{1,3}))?\.(\d{1,3})$/.exec(text)
  if (parts === null) return null
  const [a, b, c] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3])]
  return a > 255 || b > 255 || c > 255 ? null : IP.from([a, b, 0, c])
}

/** Reads a port. Throws "bad numeric port" unless it is a number from 0 to 65535. */
function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  return port >= 0 && port <= 65535 ? port : fail('bad numeric port')
}

/** Reads what `connect` goes to: `A!P`, with `!r` behind it for a port of this end below 1024. */
export function parseRemote(text: string): {
  readonly ip: IP
  readonly port: number
  readonly restricted: boolean
} {
  const [host = '', service, ...rest] = text.split('!')
  if (service === undefined) fail('malformed address')
  return { ip: parseNumeric(host) ?? fail(BAD_IP), port: parsePort(service), restricted: rest.includes('r') }
}

/**
 * Reads the address of this end that `announce`, `bind` and the end of `connect` name: `[A!]P`, where `*` for
 * A is any address. Port null is `*`, every port.
 */
export function parseLocal(text: string): { readonly ip: IP | null; readonly port: number | null } {
  const [first = '', second] = text.split('!')
  const host = second === undefined ? '*' : first
  const service = second ?? first
  const ip = host === '*' ? null : (parseNumeric(host) ?? fail(BAD_IP))
  return { ip, port: service === '*' ? null : parsePort(service) }
}

/** The address that a connect to `ip` really goes to: the unspecified address means this machine. */
export function destination(ip: IP): IP {
  return ip.isUnspecified ? loopbackLike(ip) : ip
}

/** The local address of connections to a loopback address; null for other addresses. */
export function loopbackOf(ip: IP): IP | null {
  return ip.isLoopback ? loopbackLike(ip) : null
}

function loopbackLike(ip: IP): IP {
  return ip.to4() === null ? IPv6loopback : localhost
}
