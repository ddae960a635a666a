import type { LookupGroup } from '@net/contract'
import {
  defaultResolvConf,
  parseHosts,
  parseNSSConf,
  parseProtocols,
  parseResolvConf,
  parseServices,
  resolverOver,
  type Resolver,
  type ResolverSockets,
} from '@net/resolve'

/** The files by which a simulated host looks names up, as texts. They are its own: nothing is read from this machine. */
export interface HostFiles {
  /** Its /etc/hosts; localhost is known without it. */
  readonly hosts?: string | undefined
  /** Its /etc/resolv.conf; absent: no server is asked. */
  readonly resolvConf?: string | undefined
  /** Its /etc/services, on top of the services that everybody knows. */
  readonly services?: string | undefined
  /** Its /etc/nsswitch.conf; absent: hosts are looked up in files, then in DNS. */
  readonly nsswitch?: string | undefined
}

const LOCALHOST = '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'

/** The lookups of a simulated host: the real resolver, over the host's own sockets. Texts that make no sense are passed over. */
export function resolverOf(sockets: ResolverSockets, files: HostFiles, name: string): Resolver {
  const { hosts = '', resolvConf, services = '', nsswitch = 'hosts: files dns' } = files
  return resolverOver(sockets, {
    preferSystem: false,
    system: null,
    hosts: parseHosts(LOCALHOST + hosts),
    resolvConf: resolvConf === undefined ? { ...defaultResolvConf, servers: [] } : parseResolvConf(resolvConf, name),
    services: parseServices(services),
    protocols: parseProtocols(''),
    nsswitch: parseNSSConf(nsswitch),
  })
}

/** The lookups of a resolver, by themselves. */
export function lookupGroup(resolver: Resolver): LookupGroup {
  return {
    lookupHost: (host, options) => resolver.lookupHost(host, options),
    lookupIP: (network, host, options) => resolver.lookupIP(network, host, options),
    lookupIPAddr: (host, options) => resolver.lookupIPAddr(host, options),
    lookupPort: (network, service, options) => resolver.lookupPort(network, service, options),
    lookupCNAME: (host, options) => resolver.lookupCNAME(host, options),
    lookupSRV: (service, proto, name, options) => resolver.lookupSRV(service, proto, name, options),
    lookupMX: (name, options) => resolver.lookupMX(name, options),
    lookupNS: (name, options) => resolver.lookupNS(name, options),
    lookupTXT: (name, options) => resolver.lookupTXT(name, options),
    lookupAddr: (addr, options) => resolver.lookupAddr(addr, options),
    lookupProtocol: (name, options) => resolver.lookupProtocol(name, options),
  }
}
