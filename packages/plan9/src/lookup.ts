import { AddrError, type IP, IPAddr, parseIPZone, UnknownNetworkError } from '@net/addr'
import { DNSError, type IOOptions, type LookupGroup, type NetFS, type SRV } from '@net/contract'
import { InvalidNamesError, isDomainName } from '@net/resolve'
import { parsePort, Records } from './records.ts'

const noSuchHost = (name: string): DNSError => new DNSError('no such host', name, { isNotFound: true })

// Records whose names are no domain names are left out, and told of.
function valid<T>(name: string, records: T[], nameOf: (record: T) => string): T[] {
  const good = records.filter((record) => isDomainName(nameOf(record)))
  if (good.length < records.length) throw new InvalidNamesError(name, good)
  return good
}

function literal(host: string): IPAddr | null {
  const a = parseIPZone(host)
  return a === null ? null : new IPAddr(a.ip, a.zone)
}

/** The lookups of a network tree: hosts, ports and protocols through its cs, records through its dns. */
export function plan9LookupGroup(fs: NetFS): LookupGroup {
  const records = new Records(fs)

  async function lookupHost(host: string, options?: IOOptions): Promise<string[]> {
    options?.signal?.throwIfAborted()
    if (host === '') throw noSuchHost(host)
    return literal(host) === null ? await records.lookupHost(host, options) : [host]
  }

  async function lookupIPAddr(host: string, options?: IOOptions): Promise<IPAddr[]> {
    const found = (await lookupHost(host, options)).flatMap((text) => literal(text) ?? [])
    if (found.length === 0) throw noSuchHost(host)
    return found
  }

  return {
    lookupHost,
    lookupIPAddr,

    async lookupIP(network, host, options) {
      const family = network.replace(/:.*/, '')
      if (!['ip', 'ip4', 'ip6'].includes(family)) throw new UnknownNetworkError(network)
      const found = (await lookupIPAddr(host, options)).flatMap(({ ip }): IP[] => (ip === null ? [] : [ip]))
      const wanted = found.filter((ip) => family === 'ip' || (ip.to4() !== null) === (family === 'ip4'))
      if (wanted.length === 0) throw new AddrError('no suitable address found', host)
      return wanted
    },

    async lookupPort(network, service, options) {
      options?.signal?.throwIfAborted()
      const number = parsePort(service)
      const port = number ?? (await records.lookupPort(network === '' ? 'ip' : network, service, options))
      if (port < 0 || port > 65535) throw new AddrError('invalid port', service)
      return port
    },

    async lookupCNAME(host, options) {
      const cname = await records.lookupCNAME(host, options)
      if (!isDomainName(cname)) throw new DNSError('CNAME response contained an invalid name', cname)
      return cname
    },

    async lookupSRV(service, proto, name, options) {
      const { cname, addrs } = await records.lookupSRV(service, proto, name, options)
      if (cname !== '' && !isDomainName(cname)) throw new DNSError('SRV header name is invalid', cname)
      return { cname, addrs: valid(name, addrs, (srv: SRV) => srv.target) }
    },

    async lookupMX(name, options) {
      return valid(name, await records.lookupMX(name, options), (mx) => mx.host)
    },

    async lookupNS(name, options) {
      return valid(name, await records.lookupNS(name, options), (ns) => ns.host)
    },

    lookupTXT: (name, options) => records.lookupTXT(name, options),

    async lookupAddr(addr, options) {
      return valid(addr, await records.lookupAddr(addr, options), (name) => name)
    },

    lookupProtocol: (name, options) => records.lookupProtocol(name, options),
  }
}
