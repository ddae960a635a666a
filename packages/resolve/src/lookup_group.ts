import type { LookupGroup } from '@net/contract'
import type { ResolverOptions } from './lookup/resolver_options.ts'
import type { Resolver } from './resolver.ts'
import { resolverOver, type ResolverSockets } from './target_dial.ts'

/**
 * The lookup group of a target, by a resolver over its own sockets. Nothing is opened or read before the
 * first lookup; then `conf` gives the options of the resolver, once. Each lookup rejects as that of a
 * {@link Resolver} does.
 *
 * @example
 * ```ts
 * import { hostedTCPSockGroup, hostedUDPSockGroup } from '@net/posix'
 * import { lookupGroupOver } from '@net/resolve'
 *
 * const sockets = { ...hostedTCPSockGroup, ...hostedUDPSockGroup }
 * const group = lookupGroupOver(sockets, () => ({ preferSystem: false }))
 * console.log(await group.lookupPort('tcp', 'https')) // 443
 * ```
 */
export function lookupGroupOver(sockets: ResolverSockets, conf: () => ResolverOptions): LookupGroup {
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
