import { parseIP } from '@net/addr'
import { DNSError } from '@net/contract'

/**
 * The name under which DNS keeps the names of an address: '4.3.2.1.in-addr.arpa.' (RFC 1035 section 3.5),
 * or under ip6.arpa. (RFC 3596 section 2.5). Throws a DNSError for what is not an address; one with a zone
 * is none here.
 *
 * @example
 * ```ts
 * import { reverseAddr } from '@net/resolve'
 *
 * console.log(reverseAddr('192.0.2.1')) // 1.2.0.192.in-addr.arpa.
 * ```
 */
export function reverseAddr(addr: string): string {
  const ip = parseIP(addr)
  if (ip === null) throw new DNSError('unrecognized address', addr)
  const bytes = [...(ip.to4() ?? ip).bytes()].reverse()
  if (bytes.length === 4) return `${bytes.join('.')}.in-addr.arpa.`
  const nibbles = bytes.map((b) => `${(b & 0xf).toString(16)}.${(b >> 4).toString(16)}.`)
  return `${nibbles.join('')}ip6.arpa.`
}
