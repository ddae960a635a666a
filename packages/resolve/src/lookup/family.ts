import {
  AddrError,
  IPv4zero,
  IPv6unspecified,
  parseNetwork,
  UnknownNetworkError,
  type IP,
  type IPAddr,
} from '@net/addr'
import type { HostAddrs } from './addr_lookup.ts'

/** The family that a network stands for. Throws an UnknownNetworkError for one that is no 'ip'. */
export function familyOf(network: string): 'ip' | 'ip4' | 'ip6' {
  if (network === 'ip' || network === 'ip4' || network === 'ip6') return network
  if (typeof network !== 'string') throw new TypeError(`a network is a string, not ${typeof network}`)
  const { afnet } = parseNetwork(network, false) // It may name a protocol.
  if (afnet === 'ip' || afnet === 'ip4' || afnet === 'ip6') return afnet
  throw new UnknownNetworkError(network)
}

/** The addresses of a host that are of a family. Throws an AddrError when there is none. */
export function fitting(afnet: string, host: string, { addrs }: HostAddrs): IP[] {
  let list: IP[] = []
  for (let i = 0; i < addrs.length; i++) {
    const ip = addrs[i]?.ip ?? null
    if (ip === null || (afnet !== 'ip' && (ip.to4() !== null) !== (afnet === 'ip4'))) continue
    // Most hosts have one, and an array makes room for 16 more when something is pushed to it.
    if (list.length === 0) list = [ip]
    else list.push(ip)
  }
  // Where a host can listen on :: but not connect to it, 0.0.0.0 is what was meant.
  if ((afnet === 'ip' || (afnet === 'ip4' && list.length === 0)) && isUnspecified(addrs)) list.push(IPv4zero)
  if (list.length === 0) throw new AddrError('no suitable address found', host)
  return list
}

function isUnspecified(addrs: readonly IPAddr[]): boolean {
  return addrs.length === 1 && IPv6unspecified.equal(addrs[0]?.ip ?? null)
}
