import { AddrError, IPv4zero, IPv6unspecified, parseNetwork, UnknownNetworkError, type IP } from '@net/addr'
import type { HostAddrs } from './addr_lookup.ts'

/** The family that a network stands for. Throws an UnknownNetworkError for one that is no 'ip'. */
export function familyOf(network: string): 'ip' | 'ip4' | 'ip6' {
  if (network === 'ip' || network === 'ip4' || network === 'ip6') return network
  const { afnet } = parseNetwork(network, false) // It may name a protocol.
  if (afnet === 'ip' || afnet === 'ip4' || afnet === 'ip6') return afnet
  throw new UnknownNetworkError(network)
}

/** The addresses of a host that are of a family. Throws an AddrError when there is none. */
export function fitting(afnet: string, host: string, { addrs }: HostAddrs): IP[] {
  const list: IP[] = []
  addrs.forEach(({ ip }) => {
    if (ip !== null && fits(afnet, ip)) list.push(ip)
  })
  // Where a host can listen on :: but not connect to it, 0.0.0.0 is what was meant.
  if (addrs.length === 1 && afnet !== 'ip6' && IPv6unspecified.equal(addrs[0]?.ip ?? null))
    list.push(IPv4zero)
  if (list.length === 0) throw new AddrError('no suitable address found', host)
  return list
}

function fits(afnet: string, ip: IP): boolean {
  return afnet === 'ip' || (ip.to4() !== null) === (afnet === 'ip4')
}
