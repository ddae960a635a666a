import { IPAddr, parseIPZone, type IP } from '@net/addr'
import {
  DNSError,
  type LookupGroup,
  type LookupOptions,
  type MX,
  type NS,
  type SRV,
  isError,
} from '@net/contract'
import { endingOf, joined } from '@net/io'
import { lookupHostAddrs, type HostAddrs, type HostNetwork } from './lookup/addr_lookup.ts'
import { familyOf, fitting } from './lookup/family.ts'
import { askedHost, askedName } from './client/asked_name.ts'
import { dnsError, InvalidNamesError, noSuchHost } from './client/failure.ts'
import { noOptions, PendingLookups } from './lookup/pending_lookups.ts'
import { byPref } from './order/mx.ts'
import { absDomainName, isDomainName } from './dns/name.ts'
import type { LookupOrder } from './order/order.ts'
import { Hosts } from './files/hosts.ts'
import { findProtocol } from './files/protocols.ts'
import { lookupRecords, type RecordLookup } from './lookup/record_lookup.ts'
import type { ResolverOptions } from './lookup/resolver_options.ts'
import { reverseAddr } from './order/reverse.ts'
import { RRType, type RR } from './dns/rr.ts'
import { findPort } from './files/services.ts'
import { byPriorityWeight } from './order/srv.ts'
import { LookupMeans } from './lookup/lookup_means.ts'

/**
 * Looks up names as Go's resolver does: hosts in the hosts file and in DNS, the rest in DNS, in the order
 * and with the servers that the system's files say, over connections of a `dial` that is given to it.
 * Lookups reject with a DNSError that has Go's text, with the reason of their signal, or with a TypeError
 * when a name is not a string. The same lookup made by many at once is done once. A resolver holds nothing
 * that has to be closed. localhost and all names under it are the loopback addresses unless the hosts file
 * says otherwise, and no server of ours is asked for them (RFC 6761), nor for names under .onion (RFC
 * 7686), which have no addresses.
 *
 * @example
 * ```ts
 * import { posix } from '@net/posix'
 * import { resolverOver } from '@net/resolve'
 *
 * const resolver = resolverOver(posix(), { preferSystem: false })
 * console.log(await resolver.lookupHost('127.0.0.1').then(String)) // 127.0.0.1
 * const error = await resolver.lookupHost('no name').catch((e) => e)
 * console.log(error.message) // lookup no name: no such host
 * ```
 */
export class Resolver implements LookupGroup {
  readonly #means: LookupMeans
  readonly #pending: PendingLookups

  /** Makes a resolver; nothing is read or dialled before the first lookup. */
  constructor(options: ResolverOptions = {}) {
    this.#means = new LookupMeans(options)
    this.#pending = new PendingLookups(options.timeout ?? 0)
  }

  /** How many lookups are under way; those that were merged count once. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * The addresses of a host as text, best first; an address is its own. Rejects with a DNSError, whose
   * `isNotFound` tells that there is none, with the signal's reason, or with a TypeError for a name that is
   * no string.
   */
  async lookupHost(host: string, options: LookupOptions = noOptions): Promise<string[]> {
    begin(options, host)
    if (host === '') throw noSuchHost(host)
    if (parseIPZone(host) !== null) return [host]
    const order = this.#means.order(host)
    if (order === 'files' || order === 'files,dns') {
      const entry = (await this.#hosts(host, options)).lookupHost(host)
      if (entry !== null) return [...entry.addrs]
    }
    return (await this.#find('ip', host, order, options)).addrs.map(String)
  }

  /**
   * The addresses of a host, best first; network is 'ip', 'ip4' or 'ip6'. Rejects with an
   * UnknownNetworkError for other networks, with an AddrError when the host has no address of the family,
   * and as {@link lookupHost} does.
   */
  lookupIP(network: string, host: string, options: LookupOptions = noOptions): Promise<IP[]> {
    // Most lookups come this way, and a function that waits leaves twice as much to collect.
    try {
      begin(options, host)
      const family = familyOf(network)
      return this.#findLiteral(family, host, options).then((found) => fitting(family, host, found))
    } catch (e) {
      return Promise.reject(e)
    }
  }

  /**
   * The addresses of a host with zones, best first; an address is its own. Rejects as {@link lookupHost}
   * does.
   */
  async lookupIPAddr(host: string, options: LookupOptions = noOptions): Promise<IPAddr[]> {
    begin(options, host)
    return [...(await this.#findLiteral('ip', host, options)).addrs]
  }

  /**
   * The port of a service, 0 to 65535, on a network: 'tcp' and 'udp', with 4 and 6 too, or 'ip' for either.
   * A number is taken as it is, and '' is 0. Rejects with an AddrError for a network or a port that cannot
   * be, with a DNSError ("unknown port") for a service that is not known, and with the signal's reason.
   */
  async lookupPort(network: string, service: string, options: LookupOptions = noOptions): Promise<number> {
    begin(options, network)
    checkName(service)
    return findPort(this.#means.services, network, service)
  }

  /**
   * The canonical name of a host, which its aliases lead to, with a dot at its end; that of a host without
   * aliases is its own. Rejects with an InvalidNamesError when it is no domain name, and as
   * {@link lookupHost} does.
   */
  async lookupCNAME(host: string, options: LookupOptions = noOptions): Promise<string> {
    begin(options, host)
    const order = this.#means.ownOrder(host)
    const { cname } = await this.#find('CNAME', host, order, options)
    if (cname === '') throw noSuchHost(host)
    if (!isDomainName(cname)) throw new InvalidNamesError(host, '')
    return cname
  }

  /**
   * The SRV records of `_service._proto.name`, or of `name` itself when service and proto are '', by
   * priority and in random order by weight, and the name they were found under. Rejects with an
   * InvalidNamesError that has the good ones when some have no domain name, and as {@link lookupHost} does.
   */
  async lookupSRV(
    service: string,
    proto: string,
    name: string,
    options: LookupOptions = noOptions,
  ): Promise<{ cname: string; addrs: SRV[] }> {
    begin(options, name)
    checkName(service)
    checkName(proto)
    const target = service === '' && proto === '' ? name : `_${service}._${proto}.${name}`
    const records = await this.#records(target, RRType.SRV, options, name)
    const all = records.flatMap(({ data: d }): SRV[] =>
      d.kind === 'SRV' ? [{ target: d.target, port: d.port, priority: d.priority, weight: d.weight }] : [],
    )
    const cname = records[0]?.name ?? ''
    if (!isDomainName(cname)) throw dnsError(new Error('SRV header name is invalid'), name)
    const addrs = byPriorityWeight(all.filter((srv) => isDomainName(srv.target)))
    if (addrs.length !== all.length) throw new InvalidNamesError(name, { cname, addrs })
    return { cname, addrs }
  }

  /**
   * The MX records of a domain, by preference. Rejects with an InvalidNamesError that has the good ones
   * when some have no domain name, and as {@link lookupHost} does.
   */
  async lookupMX(name: string, options: LookupOptions = noOptions): Promise<MX[]> {
    begin(options, name)
    const records = await this.#records(name, RRType.MX, options)
    const all = records.flatMap(({ data }) =>
      data.kind === 'MX' ? [{ host: data.target, pref: data.pref }] : [],
    )
    return byPref(goodNames(all, (mx) => mx.host, name))
  }

  /**
   * The NS records of a domain. Rejects with an InvalidNamesError that has the good ones when some have no
   * domain name, and as {@link lookupHost} does.
   */
  async lookupNS(name: string, options: LookupOptions = noOptions): Promise<NS[]> {
    begin(options, name)
    const records = await this.#records(name, RRType.NS, options)
    const all = records.flatMap(({ data }) => (data.kind === 'NS' ? [{ host: data.target }] : []))
    return goodNames(all, (ns) => ns.host, name)
  }

  /**
   * The TXT records of a domain, the strings of each joined and read as UTF-8. Rejects as
   * {@link lookupHost} does.
   */
  async lookupTXT(name: string, options: LookupOptions = noOptions): Promise<string[]> {
    begin(options, name)
    const records = await this.#records(name, RRType.TXT, options)
    return records.flatMap(({ data }) => (data.kind === 'TXT' ? [utf8.decode(joined(data.strings))] : []))
  }

  /**
   * The names of an address, with a dot at the end when they have one inside. Rejects with a DNSError
   * ("unrecognized address") for what is no address, with an InvalidNamesError that has the good ones when
   * some are no domain names, and as {@link lookupHost} does.
   */
  async lookupAddr(addr: string, options: LookupOptions = noOptions): Promise<string[]> {
    begin(options, addr)
    return goodNames(await this.#names(addr, options), (name) => name, addr)
  }

  /**
   * The number of an IP protocol by name. Rejects with an AddrError when it is not known, or with the
   * signal's reason.
   */
  async lookupProtocol(name: string, options: LookupOptions = noOptions): Promise<number> {
    begin(options, name)
    return findProtocol(this.#means.protocols, name)
  }

  /**
   * The records of any type that a name has in DNS, for types that have no method of their own, such as
   * HTTPS and CAA: `type` is its number, of RRType or another. The search list counts. Every name that DNS
   * allows can be asked for: a backslash and three decimal digits stand for a byte, a backslash and another
   * character for that character. Rejects as {@link lookupHost} does.
   */
  async lookupRecords(name: string, type: number, options: LookupOptions = noOptions): Promise<RR[]> {
    begin(options, name)
    return [
      ...(await this.#ask({ name, asked: askedName(name, this.#means.idna), type, shown: name }, options)),
    ]
  }

  /** What the hosts file says. Whoever may leave does not have to wait until a large one has been read. */
  #hosts(name: string, options: LookupOptions): Hosts | Promise<Hosts> {
    const hosts = this.#means.hosts()
    if (hosts instanceof Hosts) return hosts
    return this.#pending.run<Hosts>('hosts', name, options, (lookup) => {
      lookup.follow(hosts)
    })
  }

  /** The addresses of a host, or the address that it is. */
  #findLiteral(network: HostNetwork, host: string, options: LookupOptions): Promise<HostAddrs> {
    // No address is a domain name, and nearly all hosts are.
    const isDomain = isDomainName(host)
    if (!isDomain) {
      if (host === '') throw noSuchHost(host)
      const literal = parseIPZone(host)
      if (literal !== null)
        return Promise.resolve({ addrs: [new IPAddr(literal.ip, literal.zone)], cname: '' })
    }
    return this.#find(network, host, this.#means.order(host, isDomain), options, isDomain)
  }

  #find(
    network: HostNetwork,
    host: string,
    order: LookupOrder,
    options: LookupOptions,
    isDomain = false,
  ): Promise<HostAddrs> {
    const means = this.#means
    const { system } = means
    return this.#pending.run<HostAddrs>(`${network} ${host}`, host, options, (lookup) => {
      if (order === 'system' && system !== null)
        lookup.follow(system.lookupIPAddr(network, host).then((addrs) => ({ addrs, cname: '' })))
      else lookupHostAddrs(means, { network, name: host, isDomainName: isDomain, order, lookup })
    })
  }

  async #names(addr: string, options: LookupOptions): Promise<string[]> {
    const { system } = this.#means
    if (parseIPZone(addr) === null) throw new DNSError('unrecognized address', addr)
    const order = this.#means.order('')
    if (order === 'system' && system !== null) {
      const names = await this.#pending.run<string[]>(`system addr ${addr}`, addr, options, (lookup) => {
        lookup.follow(system.lookupAddr(addr))
      })
      return names.map(absDomainName)
    }
    if (order === 'files' || order === 'files,dns') {
      const names = (await this.#hosts(addr, options)).lookupAddr(addr)
      if (names !== null) return names
      if (order === 'files') throw noSuchHost(addr)
    }
    const arpa = reverseAddr(addr)
    try {
      const records = await this.#records(arpa, RRType.PTR, options, addr)
      return records.flatMap(({ data }) => (data.kind === 'PTR' ? [data.target] : []))
    } catch (e) {
      if (order !== 'dns,files' || !isNotFound(e)) throw e
      const names = (await this.#hosts(addr, options)).lookupAddr(addr)
      if (names === null) throw e
      return names
    }
  }

  #records(name: string, type: number, options: LookupOptions, shown = name): Promise<readonly RR[]> {
    return this.#ask({ name, asked: askedHost(name, this.#means.idna), type, shown }, options)
  }

  #ask(lookup: RecordLookup, options: LookupOptions): Promise<readonly RR[]> {
    const { name, asked, type, shown } = lookup
    return this.#pending.run<readonly RR[]>(
      `dns ${type} ${asked} ${name} ${shown}`,
      shown,
      options,
      (pending) => {
        pending.follow(lookupRecords(this.#means.client, lookup, pending.ending))
      },
    )
  }
}

/** Checks the arguments of a lookup, before anything is done for it. */
function begin(options: LookupOptions, name: string): void {
  if (typeof name !== 'string') throw noName(name)
  if (options !== noOptions) endingOf(options)?.throwIfOver()
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') throw noName(name)
}

function noName(name: unknown): TypeError {
  return new TypeError(`a name is a string, not ${typeof name}`)
}

function goodNames<T>(records: T[], nameOf: (record: T) => string, asked: string): T[] {
  const good = records.filter((record) => isDomainName(nameOf(record)))
  if (good.length !== records.length) throw new InvalidNamesError(asked, good)
  return good
}

function isNotFound(e: unknown): boolean {
  return isError(e) && 'isNotFound' in e && e.isNotFound === true
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
