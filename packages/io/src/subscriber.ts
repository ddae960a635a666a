import type { Addr, IP } from '@net/addr'

const PREFIX = 8 // bytes of an IPv6 address that are one subscriber's: a /64

/**
 * The name of whoever has an address, for counting what one client takes: an IPv4 address, the /64 of an IPv6 address, of which
 * one subscriber has all addresses, and for any other kind of address its network, all of it together.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { subscriberOf } from '@net/io'
 *
 * console.log(subscriberOf(new TCPAddr(parseIP('192.0.2.1'), 80))) // address 192.0.2.1
 * ```
 */
export function subscriberOf(addr: Addr): string {
  const ip = 'ip' in addr ? (addr.ip as IP | null) : null
  if (ip === null) return addr.network
  return ip.to4() === null ? `network ${ip.bytes().subarray(0, PREFIX).join()}` : `address ${ip.toString()}`
}
