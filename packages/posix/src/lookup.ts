import type { LookupGroup } from '@net/contract'
import { resolverOver, type ResolverOptions, type ResolverSockets } from '@net/resolve'
import { sourceAddrs } from './source_addr.ts'
import { tcpsock } from './tcpsock.ts'
import { udpsock } from './udpsock.ts'

/**
 * The lookups of a target by our own resolver over the target's sockets. Nothing is opened or read before the first of
 * them. Go's rules choose the system's getaddrinfo where only that knows what to do.
 */
export function lookupOver(sockets: ResolverSockets, options?: ResolverOptions): LookupGroup {
  const r = resolverOver(sockets, options)
  return {
    lookupHost: (host, options) => r.lookupHost(host, options),
    lookupIP: (network, host, options) => r.lookupIP(network, host, options),
    lookupIPAddr: (host, options) => r.lookupIPAddr(host, options),
    lookupPort: (network, service, options) => r.lookupPort(network, service, options),
    lookupCNAME: (host, options) => r.lookupCNAME(host, options),
    lookupSRV: (service, proto, name, options) => r.lookupSRV(service, proto, name, options),
    lookupMX: (name, options) => r.lookupMX(name, options),
    lookupNS: (name, options) => r.lookupNS(name, options),
    lookupTXT: (name, options) => r.lookupTXT(name, options),
    lookupAddr: (addr, options) => r.lookupAddr(addr, options),
    lookupProtocol: (name, options) => r.lookupProtocol(name, options),
  }
}

/** Lookups over the kernel's sockets: hosts and addresses in the system's files and in DNS, the rest as Go has it. */
export const lookup: LookupGroup = lookupOver(
  { ...tcpsock, ...udpsock },
  { sourceAddrs: (addrs) => Promise.resolve(sourceAddrs(addrs)) },
)
