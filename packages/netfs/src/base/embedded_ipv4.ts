import { IP, parseCIDR } from '@net/addr'

/** The networks of IPv6 whose addresses hold the IPv4 address that they lead to, and the byte at which it begins. */
const carriers = (
  [
    ['::/96', 12], // IPv4-compatible: RFC 4291
    ['::ffff:0:0:0/96', 12], // translated: RFC 2765
    ['64:ff9b::/96', 12], // NAT64: RFC 6052
    ['64:ff9b:1::/48', 12], // NAT64 of one's own, as it is mostly used: RFC 8215
    ['2002::/16', 2], // 6to4: RFC 3056
  ] as const
).map(([cidr, at]) => ({ net: parseCIDR(cidr).net, at }))

/**
 * Bytes 8 to 11 of an ISATAP address (RFC 5214), which may be of any network; the four behind them are the IPv4
 * address.
 */
const ISATAP: readonly number[] = [0x00, 0x00, 0x5e, 0xfe]
const UNIVERSAL = 0x02 // the bit in the first of those bytes that is set when the IPv4 address is unique

/**
 * The IPv4 address that an IPv6 address leads to by a translator or a tunnel; null for others, and for IPv4
 * itself.
 */
export function embeddedIPv4(ip: IP): IP | null {
  if (ip.to4() !== null || ip.isLoopback || ip.isUnspecified) return null
  const bytes = ip.bytes()
  const carrier = carriers.find(({ net }) => net.contains(ip))
  if (carrier !== undefined) return IP.from(bytes.subarray(carrier.at, carrier.at + 4))
  const isISATAP = ISATAP.every((b, i) => (i === 0 ? (bytes[8] ?? 0) & ~UNIVERSAL : bytes[8 + i]) === b)
  return isISATAP ? IP.from(bytes.subarray(12)) : null
}
