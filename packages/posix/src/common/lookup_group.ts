import type { LookupGroup } from '@net/contract'
import { resolverOver, type Resolver, type ResolverOptions, type ResolverSockets } from '@net/resolve'

/**
 * The lookups of a target by our own resolver over the target's sockets. Nothing is opened or read before the
 * first of them. Go's rules choose the system's getaddrinfo where only that knows what to do. `conf` is asked
 * for once, then.
 */
export function lookupOver(sockets: ResolverSockets, conf: () => ResolverOptions): LookupGroup {
  let made: Resolver | undefined
  const resolver = (): Resolver => (made ??= resolverOver(sockets, conf()))
  return {
    lookupHost: (host, options) => resolver().lookupHost(host, options),
    lookupIP: (network, host, options) => resolver().lookupIP(network, host, options),
    lookupIPAddr: (host, options) => resolver().lookupIPAddr(host, options),
    lookupPort: (network, service, options) => resolver().lookupPort(network, service, options),
    lookupCNAME: (host, options) => resolver().lookupCNAME(host, options),
    lookupSRV: (service, proto, name, options) => resolver().lookupSRV(service, proto, name, options),
    lookupMX: (name, options) => resolver().lookupMX(name, options),
    lookupNS: (name, options) => resolver().lookupNS(name, options),
    lookupTXT: (name, options) => resolver().lookupTXT(name, options),
    lookupAddr: (addr, options) => resolver().lookupAddr(addr, options),
    lookupProtocol: (name, options) => resolver().lookupProtocol(name, options),
  }
}
