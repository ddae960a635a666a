import { IPAddr, ipv4, IPv6loopback, parseIPZone } from '@net/addr'
import type { DNSError } from '@net/contract'
import type { Ending } from '@net/io'
import { sortByRFC6724 } from '../order/addr_select.ts'
import { Answer } from '../client/answer.ts'
import type { DNSClient } from '../client/dns_client.ts'
import type { Asker } from '../client/round.ts'
import { askedHost } from '../client/asked_name.ts'
import { cannotUnmarshal, noSuchHost, renamed } from '../client/failure.ts'
import { Hosts, type HostsEntry } from '../files/hosts.ts'
import { ensureRooted, isLocalhost, lowerASCII, nameList } from '../dns/name.ts'
import type { LookupOrder } from '../order/order.ts'
import type { Configuration } from './configuration.ts'
import type { PendingLookup } from './pending_lookups.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { SourceAddrs } from './resolver_options.ts'
import { RRType, type RRData } from '../dns/rr.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/** The addresses of a host, and its canonical name; '' when that is not known. */
export interface HostAddrs {
  readonly addrs: readonly IPAddr[]
  readonly cname: string
}

/** What is looked for: addresses, of one family or both, or the canonical name. */
export type HostNetwork = 'ip' | 'ip4' | 'ip6' | 'CNAME'

const types: Readonly<Record<HostNetwork, readonly number[]>> = {
  ip: [RRType.A, RRType.AAAA],
  ip4: [RRType.A],
  ip6: [RRType.AAAA],
  CNAME: [RRType.A, RRType.AAAA, RRType.CNAME],
}

/** What a lookup of addresses uses. */
export interface AddrLookup {
  readonly client: DNSClient
  /** What the files say. */
  readonly configuration: Configuration
  /** Whether names that are not ASCII are asked for in A-labels. */
  readonly idna: boolean
  /** Tells the sources of addresses, by which they are ordered; null leaves them as they were found. */
  readonly sourceAddrs: SourceAddrs | null
}

/** A host that is looked up. */
interface HostQuestion {
  readonly network: HostNetwork
  /** The name as it was given. */
  readonly name: string
  /** Whether it is known to be a domain name. */
  readonly isDomainName: boolean
  readonly order: LookupOrder
  /** What is told its addresses. */
  readonly lookup: PendingLookup<HostAddrs>
}

/**
 * Looks a host up in the hosts file and in DNS, in the order asked for; the best address comes first.
 * It fails with a DNSError, or with why the lookup was ended; what can be told at once is thrown. A name that must not be
 * asked for has no addresses, and that is no error.
 */
export function lookupHostAddrs(by: AddrLookup, host: HostQuestion, loaded: Hosts | null = null): void {
  const { order } = host
  if (order === 'files' || order === 'files,dns') {
    const hosts = loaded ?? by.configuration.hosts
    if (!(hosts instanceof Hosts)) {
      void lookupInLoaded(by, host, hosts)
      return
    }
    const entry = hosts.lookupHost(host.name)
    if (entry !== null) {
      finish(by, host.lookup, addrsOf(entry))
      return
    }
  }
  lookupUnwritten(by, host)
}

async function lookupInLoaded(by: AddrLookup, host: HostQuestion, hosts: Promise<Hosts>): Promise<void> {
  try {
    lookupHostAddrs(by, host, await hosts)
  } catch (e) {
    host.lookup.reject(e)
  }
}

/** Looks up a host that the hosts file, where that comes first, does not have. */
function lookupUnwritten(by: AddrLookup, host: HostQuestion): void {
  const { name, order, lookup } = host
  const asked = host.isDomainName ? name : askedHost(name, by.idna)
  if (isLocalhost(asked)) lookup.follow(localhost(by, host, asked))
  else if (order === 'files') throw noSuchHost(name)
  else new Search(by, host, asked).next()
}

/** Ends a lookup with the addresses that were found. */
function finish(by: AddrLookup, lookup: PendingLookup<HostAddrs>, found: HostAddrs): void {
  if (found.addrs.length < 2) lookup.resolve(found)
  else lookup.follow(ordered(by, found, lookup.ending))
}

/** The addresses that were found, the best first. */
async function ordered(by: AddrLookup, found: HostAddrs, ending: Ending | null): Promise<HostAddrs> {
  const { addrs, cname } = found
  if (by.sourceAddrs === null || addrs.length < 2) return found
  const sources = await by.sourceAddrs(addrs, ending ?? {})
  return { addrs: sortByRFC6724([...addrs], sources), cname }
}

function addrsOf({ addrs, canonical }: HostsEntry): HostAddrs {
  const list = addrs.flatMap((text) => {
    const parsed = parseIPZone(text)
    return parsed === null ? [] : [new IPAddr(parsed.ip, parsed.zone)]
  })
  return { addrs: list, cname: canonical }
}

/** What the hosts file says where that is looked at when nothing else had an answer; null when it does not say anything either. */
async function lastResort(by: AddrLookup, { name, order }: HostQuestion): Promise<HostAddrs | null> {
  if (order !== 'dns,files') return null
  const entry = (await by.configuration.hosts).lookupHost(name)
  return entry === null ? null : addrsOf(entry)
}

/**
 * What localhost, and every name under it, stands for where the hosts file says nothing (RFC 6761 section
 * 6.3).
 */
async function localhost(by: AddrLookup, host: HostQuestion, asked: string): Promise<HostAddrs> {
  const { network, lookup } = host
  const addrs = [new IPAddr(ipv4(127, 0, 0, 1)), new IPAddr(IPv6loopback)]
  const [v4, v6] = [network !== 'ip6', network !== 'ip4']
  const loopback = addrs.filter((_, i) => (i === 0 ? v4 : v6))
  const found = (await lastResort(by, host)) ?? { addrs: loopback, cname: ensureRooted(lowerASCII(asked)) }
  return ordered(by, found, lookup.ending)
}

const noAddrs: readonly IPAddr[] = []

/** One walk through the search list. It is told by calls what comes, as functions that wait cost more than all it does. */
class Search implements Asker {
  readonly #by: AddrLookup
  readonly #host: HostQuestion
  readonly #asked: string
  readonly #conf: ResolvConf
  readonly #types: readonly number[]
  readonly #names: readonly string[] // to ask for, in turn
  #next = 0
  #fqdn = ''
  #answers: (Answer | IPAddr[] | DNSError)[] | null = null // to what was asked for of this name, in the order of the types
  #missing = 0
  #addrs: readonly IPAddr[] = noAddrs
  #cname = ''
  #error: DNSError | null = null

  constructor(by: AddrLookup, host: HostQuestion, asked: string) {
    this.#by = by
    this.#host = host
    this.#asked = asked
    this.#conf = by.configuration.conf
    this.#types = types[host.network]
    this.#names = nameList(asked, this.#conf.ndots, this.#conf.search)
  }

  /** Asks for the next name; after the last one it ends. */
  next(): void {
    const fqdn = this.#names[this.#next++]
    if (fqdn === undefined) {
      this.#end()
      return
    }
    this.#fqdn = fqdn
    this.#missing = this.#types.length
    const { client } = this.#by
    const atOnce = this.#conf.singleRequest ? 1 : this.#missing
    for (let i = 0; i < atOnce; i++)
      client.query(fqdn, this.#types[i] ?? 0, this.#conf, this.#host.lookup.ending, this)
  }

  answeredBy(addrs: IPAddr[], type: number): void {
    if (this.#types.length > 1) {
      this.answered(addrs, type)
    } else {
      // Most lookups end so.
      this.#addrs = addrs
      this.#cname = this.#fqdn
      finish(this.#by, this.#host.lookup, { addrs, cname: this.#fqdn })
    }
  }

  answered(answer: Answer | IPAddr[] | DNSError, type: number): void {
    // Whoever tells this, a socket or a timer, has nothing to do with what sourceAddrs throws.
    try {
      const i = this.#types.indexOf(type)
      const answers = (this.#answers ??= [])
      answers[i] = answer
      if (--this.#missing === 0) this.#takeAll(answers)
      else if (this.#conf.singleRequest) this.#askFor(this.#types[i + 1] ?? 0)
    } catch (e) {
      this.#host.lookup.reject(e)
    }
  }

  #askFor(type: number): void {
    this.#by.client.query(this.#fqdn, type, this.#conf, this.#host.lookup.ending, this)
  }

  abandoned(reason: unknown): void {
    this.#host.lookup.reject(reason)
  }

  /** Takes the answers for a name, and goes on to the next one where that may have more. */
  #takeAll(answers: readonly (Answer | IPAddr[] | DNSError)[]): void {
    let isFatal = false
    for (const answer of answers) {
      if (Array.isArray(answer)) this.#takeAddrs(answer)
      else if (answer instanceof Answer) this.#take(answer)
      else if (this.#fails(answer)) isFatal = true
    }
    // One family alone would make a host look as if it had no other.
    if (isFatal) this.#addrs = noAddrs
    if (isFatal || this.#hasFound) this.#end()
    else this.next()
  }

  /** Whether something was found of what was looked for. */
  get #hasFound(): boolean {
    return this.#addrs.length > 0 || (this.#cname !== '' && this.#host.network === 'CNAME')
  }

  #end(): void {
    const found = { addrs: this.#addrs, cname: this.#cname }
    const { lookup } = this.#host
    if (this.#hasFound) finish(this.#by, lookup, found)
    else lookup.follow(this.#resort(found))
  }

  /** Looks at what is left when nothing was found. */
  async #resort(nothing: HostAddrs): Promise<HostAddrs> {
    const { name, lookup } = this.#host
    const found = await lastResort(this.#by, this.#host)
    if (found === null && this.#error !== null) throw renamed(this.#error, name)
    return ordered(this.#by, found ?? nothing, lookup.ending)
  }

  /** Takes an error. Gives whether it ends the lookup. */
  #fails(error: DNSError): boolean {
    const isFatal = this.#by.client.isFatal(error)
    // The error of the name as it was given says most.
    if (isFatal || this.#error === null || this.#fqdn === this.#asked + '.') this.#error = error
    return isFatal
  }

  #takeAddrs(addrs: IPAddr[]): void {
    this.#addrs = this.#addrs.length === 0 ? addrs : this.#addrs.concat(addrs)
    if (this.#cname === '') this.#cname = this.#fqdn
  }

  /**
   * Takes what a reply has. As the server was asked to follow aliases, the addresses in it belong to the
   * canonical name.
   */
  #take(answer: Answer): void {
    const addrs = [...this.#addrs]
    this.#addrs = addrs // which stay when a record behind them is malformed
    try {
      for (let { header } = answer; header !== null; { header } = answer) {
        if (header.type === RRType.A || header.type === RRType.AAAA || header.type === RRType.CNAME)
          this.#takeRecord(header.name, answer.data(), addrs)
        answer.next()
      }
    } catch (e) {
      if (!(e instanceof DNSMessageError)) throw e
      this.#error = cannotUnmarshal(this.#asked, answer.server)
    }
  }

  #takeRecord(name: string, data: RRData, addrs: IPAddr[]): void {
    if (data.kind === 'CNAME') {
      if (this.#cname === '') this.#cname = data.target
    } else if (data.kind === 'A' || data.kind === 'AAAA') {
      addrs.push(new IPAddr(data.ip))
      if (this.#cname === '') this.#cname = name
    }
  }
}
