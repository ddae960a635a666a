import {
  AddrError,
  type IP,
  IPv4zero,
  IPv6zero,
  parseIP,
  ParseError,
  TCPAddr,
  UDPAddr,
  UnknownNetworkError,
} from '@net/addr'
import { leadingNumber } from '@net/resolve'

/**
 * Reads an address of the form [ip!]port, '127.0.0.1!80\n', as the files local and remote hold it; what
 * follows the port's digits is not looked at. A port alone has the address 0.0.0.0. Throws a ParseError, or
 * an AddrError for a port above 65535.
 *
 * @example
 * ```ts
 * import { parsePlan9Addr } from '@net/plan9'
 *
 * const { ip, port } = parsePlan9Addr('127.0.0.1!80')
 * console.log(`${String(ip)} port ${port}`) // 127.0.0.1 port 80
 * ```
 */
export function parsePlan9Addr(s: string): { ip: IP; port: number } {
  const bang = s.indexOf('!')
  const ip = bang < 0 ? IPv4zero : parseIP(s.slice(0, bang))
  if (ip === null) throw new ParseError('IP address', s)
  const rest = s.slice(bang + 1)
  const { value: port, length, ok } = leadingNumber(rest)
  if (!ok) throw new ParseError('port', s)
  if (port > 0xffff) throw new AddrError('invalid port', rest.slice(0, length))
  return { ip, port }
}

/**
 * The address that a file of a conversation holds, of the kind that `network` has. Throws as
 * {@link parsePlan9Addr}.
 *
 * @example
 * ```ts
 * import { plan9AddrOf } from '@net/plan9'
 *
 * console.log(String(plan9AddrOf('tcp', '127.0.0.1!80'))) // 127.0.0.1:80
 * ```
 */
export function plan9AddrOf(network: string, text: string): TCPAddr | UDPAddr {
  const { ip, port } = parsePlan9Addr(text)
  const family = network.slice(0, 3)
  if (!/^(tcp|udp)[46]?$/.test(network)) throw new UnknownNetworkError(network)
  const any4 = network.endsWith('4') && ip.equal(IPv6zero) ? IPv4zero.to4() : ip
  return family === 'tcp' ? new TCPAddr(any4, port) : new UDPAddr(any4, port)
}

/**
 * The local address in a connect message, '[ip!]port'; '' for any address and port.
 *
 * @example
 * ```ts
 * import { parseIP } from '@net/addr'
 * import { plan9LocalAddr } from '@net/plan9'
 *
 * console.log(plan9LocalAddr({ ip: parseIP('127.0.0.1'), port: 80 })) // 127.0.0.1!80
 * console.log(plan9LocalAddr({ ip: null, port: 80 })) // 80
 * ```
 */
export function plan9LocalAddr(addr: { readonly ip: IP | null; readonly port: number } | null): string {
  if (addr === null) return ''
  const { ip, port } = addr
  if (ip === null || ip.isUnspecified) return port === 0 ? '' : String(port)
  return `${ip.toString()}!${port}`
}
