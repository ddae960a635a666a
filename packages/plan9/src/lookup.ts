import { AddrError, type IP, IPAddr, parseIPZone, UnknownNetworkError } from '@net/addr'
import {
  DNSError,
  ErrDeadlineExceeded,
  isError,
  type IOOptions,
  type LookupGroup,
  type LookupOptions,
  type NetFS,
  type SRV,
} from '@net/contract'
import { deadlineAt, endingOf, isOver, within } from '@net/io'
import { InvalidNamesError, isDomainName } from '@net/resolve'
import { parsePort, Records, treeError } from './records.ts'

// The errors of a lookup that are not the tree's own words.
const said = [DNSError, AddrError, InvalidNamesError, UnknownNetworkError]

const noSuchHost = (name: string): DNSError => new DNSError('no such host', name, { isNotFound: true })

// Records whose names are no domain names are left out, and the error says so.
function valid<T>(name: string, records: T[], nameOf: (record: T) => string): T[] {
  const good = records.filter((record) => isDomainName(nameOf(record)))
  if (good.length < records.length) throw new InvalidNamesError(name, good)
  return good
}

function literal(host: string): IPAddr | null {
  const a = parseIPZone(host)
  return a === null ? null : new IPAddr(a.ip, a.zone)
}

/**
 * Does a lookup within the limits of its options. What the tree says, and the deadline, become a DNSError;
 * the reason of a signal and the errors that say something else stay as they are.
 */
async function limited<T>(
  name: string,
  options: LookupOptions | undefined,
  lookup: (limits: IOOptions | undefined) => Promise<T>,
): Promise<T> {
  if (typeof name !== 'string') throw notText(name)
  endingOf(options)?.throwIfOver()
  try {
    return await within(options, deadlineAt(options?.deadline ?? null), lookup, () => {})
  } catch (e) {
    if (isOver(options) || said.some((kind) => e instanceof kind)) throw e
    if (e !== ErrDeadlineExceeded) throw treeError(name, e)
    throw new DNSError('i/o timeout', name, {
      isTimeout: true,
      isTemporary: true,
      cause: ErrDeadlineExceeded,
    })
  }
}

function notText(name: unknown): TypeError {
  return new TypeError(`a name is a string, not ${typeof name}`)
}

/**
 * The lookups of a network tree: hosts, ports and protocols through its cs, records through its dns.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { plan9LookupGroup } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * console.log(await plan9LookupGroup(embeddedNet(posix())).lookupPort('tcp', 'https')) // 443
 * ```
 */
export function plan9LookupGroup(fs: NetFS): LookupGroup {
  const records = new Records(fs)

  function lookupHost(host: string, options?: LookupOptions): Promise<string[]> {
    return limited(host, options, async (limits) => {
      if (host === '') throw noSuchHost(host)
      return literal(host) === null ? await records.lookupHost(host, limits) : [host]
    })
  }

  async function lookupIPAddr(host: string, options?: LookupOptions): Promise<IPAddr[]> {
    const found = (await lookupHost(host, options)).flatMap((text) => literal(text) ?? [])
    if (found.length === 0) throw noSuchHost(host)
    return found
  }

  return {
    lookupHost,
    lookupIPAddr,

    async lookupIP(network, host, options) {
      if (typeof network !== 'string') throw notText(network)
      const family = network.replace(/:.*/, '')
      if (!['ip', 'ip4', 'ip6'].includes(family)) throw new UnknownNetworkError(network)
      const found = (await lookupIPAddr(host, options)).flatMap(({ ip }): IP[] => (ip === null ? [] : [ip]))
      const wanted = found.filter((ip) => family === 'ip' || (ip.to4() !== null) === (family === 'ip4'))
      if (wanted.length === 0) throw new AddrError('no suitable address found', host)
      return wanted
    },

    async lookupPort(network, service, options) {
      if (typeof network !== 'string') throw notText(network)
      return await limited(service, options, async (limits) => {
        const given = parsePort(service)
        const port = given ?? (await records.lookupPort(network === '' ? 'ip' : network, service, limits))
        if (port < 0 || port > 65535) throw new AddrError('invalid port', service)
        return port
      })
    },

    lookupCNAME: (host, options) =>
      limited(host, options, async (limits) => {
        const cname = await records.lookupCNAME(host, limits)
        if (!isDomainName(cname)) throw new DNSError('CNAME response contained an invalid name', cname)
        return cname
      }),

    async lookupSRV(service, proto, name, options) {
      for (const text of [service, proto]) if (typeof text !== 'string') throw notText(text)
      return await limited(name, options, async (limits) => {
        const { cname, addrs } = await records.lookupSRV(service, proto, name, limits)
        if (cname !== '' && !isDomainName(cname)) throw new DNSError('SRV header name is invalid', cname)
        return { cname, addrs: valid(name, addrs, (srv: SRV) => srv.target) }
      })
    },

    lookupMX: (name, options) =>
      limited(name, options, async (limits) =>
        valid(name, await records.lookupMX(name, limits), (mx) => mx.host),
      ),

    lookupNS: (name, options) =>
      limited(name, options, async (limits) =>
        valid(name, await records.lookupNS(name, limits), (ns) => ns.host),
      ),

    lookupTXT: (name, options) => limited(name, options, (limits) => records.lookupTXT(name, limits)),

    lookupAddr: (addr, options) =>
      limited(addr, options, async (limits) =>
        valid(addr, await records.lookupAddr(addr, limits), (name) => name),
      ),

    lookupProtocol: (name, options) =>
      limited(name, options, async (limits) => {
        try {
          return await records.lookupProtocol(name, limits)
        } catch (e) {
          if (!isError(e) || !/\bno match$/.test(e.message)) throw e
          throw new AddrError('unknown IP protocol specified', name)
        }
      }),
  }
}
