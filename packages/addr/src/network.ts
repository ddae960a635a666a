import { parseDecimal } from './digits.ts'
import { AddrError, UnknownNetworkError } from './errors.ts'

// The protocols of IANA's list that are known without a protocols file.
const protocols: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['ipv6-icmp', 58],
])

/**
 * Takes a network name apart: 'tcp', 'udp6', 'unixgram' ... are given back with protocol 0; 'ip4:icmp' and
 * 'ip:89' give the family and the number of the protocol. A bare 'ip', 'ip4' or 'ip6' is refused where a protocol
 * is needed, as dialing and listening do, and has protocol 0 where not. UnknownNetworkError for other names.
 *
 * Without `lookupProtocol`, a protocol name other than icmp, igmp, tcp, udp and ipv6-icmp comes back as it was
 * written, for the caller to look up (which may take a file, and time). With it, the function is asked with the
 * name in lower case and answers with the number or null; null is an AddrError.
 *
 * @example
 * ```ts
 * import { parseNetwork } from '@net/addr'
 *
 * const { afnet, proto } = parseNetwork('ip4:icmp')
 * console.log(`${afnet}, protocol ${proto}`) // ip4, protocol 1
 * ```
 */
export function parseNetwork(network: string, needsProto?: boolean): { afnet: string; proto: number | string }
export function parseNetwork(
  network: string,
  needsProto: boolean,
  lookupProtocol: (name: string) => number | null,
): { afnet: string; proto: number }
export function parseNetwork(
  network: string,
  needsProto = true,
  lookupProtocol?: (name: string) => number | null,
): { afnet: string; proto: number | string } {
  const colon = network.lastIndexOf(':')
  const afnet = colon < 0 ? network : network.slice(0, colon)
  const raw = afnet === 'ip' || afnet === 'ip4' || afnet === 'ip6'
  if (colon < 0) {
    if (raw ? needsProto : !transports.has(network)) throw new UnknownNetworkError(network)
    return { afnet, proto: 0 }
  }
  if (!raw) throw new UnknownNetworkError(network)
  const name = network.slice(colon + 1)
  const number = parseDecimal(name)
  return { afnet, proto: number >= 0 ? number : namedProtocol(name, lookupProtocol) }
}

function namedProtocol(name: string, lookup?: (name: string) => number | null): number | string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  const known = protocols.get(lower)
  if (known !== undefined) return known
  if (lookup === undefined && name !== '') return name
  const found = name === '' ? null : (lookup?.(lower) ?? null)
  if (found === null) throw new AddrError('unknown IP protocol specified', name)
  return found
}

const transports: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'tcp',
  'tcp4',
  'tcp6',
  'udp',
  'udp4',
  'udp6',
  'unix',
  'unixgram',
  'unixpacket',
])
