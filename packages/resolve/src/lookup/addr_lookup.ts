import { IPAddr, ipv4, IPv6loopback, parseIPZone } from '@net/addr'
import { DNSError } from '@net/contract'
import type { Ending } from '@net/io'
import { sortByRFC6724 } from '../order/addr_select.ts'
import type { Answer } from '../client/answer.ts'
import type { DNSClient } from '../client/dns_client.ts'
import type { Asker } from '../client/round.ts'
import { askedHost } from '../client/asked_name.ts'
import { cannotUnmarshal, noSuchHost, renamed } from '../client/failure.ts'
import { Hosts } from '../files/hosts.ts'
import { ensureRooted, isLocalhost, lowerASCII, nameList } from '../dns/name.ts'
import type { LookupOrder } from '../order/order.ts'
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

type Answered = Answer | DNSError

const types: Readonly<Record<HostNetwork, readonly number[]>> = {
  ip: [RRType.A, RRType.AAAA],
  ip4: [RRType.A],
  ip6: [RRType.AAAA],
  CNAME: [RRType.A, RRType.AAAA, RRType.CNAME],
}

/** What a lookup of addresses uses. */
export interface AddrLookup {
  readonly client: DNSClient
  /** What the hosts file says; a promise while a large one is being read. */
  readonly hosts: () => Hosts | Promise<Hosts>
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
  readonly order: LookupOrder
  readonly ending: Ending
}

/**
 * Looks a host up in the hosts file and in DNS, in the order asked for; the best address comes first.
 * Rejects with a DNSError, or with why the lookup was ended, and throws what can be told at once. A name that must not be
 * asked for has no addresses, and that is no error.
 */
export function lookupHostAddrs(by: AddrLookup, host: HostQuestion): Promise<HostAddrs> {
  const { name, order, ending } = host
  if (order === 'files' || order === 'files,dns') {
    const hosts = by.hosts()
    if (!(hosts instanceof Hosts)) return lookupInLoaded(by, host, hosts)
    const written = addrsIn(hosts, name)
    if (written !== null) return Promise.resolve(ordered(by, written, ending))
  }
  return unwritten(by, host)
}

async function lookupInLoaded(by: AddrLookup, host: HostQuestion, hosts: Promise<Hosts>): Promise<HostAddrs> {
  const written = addrsIn(await hosts, host.name)
  return written === null ? unwritten(by, host) : ordered(by, written, host.ending)
}

/** Looks up a host that the hosts file, where that comes first, does not have. */
function unwritten(by: AddrLookup, host: HostQuestion): Promise<HostAddrs> {
  const { name, order } = host
  const asked = askedHost(name, by.idna)
  if (isLocalhost(asked)) return localhost(by, host, asked)
  if (order === 'files') throw noSuchHost(name)
  return new Promise((resolve, reject) => {
    new Search(by, host, asked, resolve, reject).next()
  })
}

/** The addresses that were found, the best first. */
function ordered(
  by: AddrLookup,
  { addrs, cname }: HostAddrs,
  ending: Ending,
): HostAddrs | Promise<HostAddrs> {
  if (by.sourceAddrs === null || addrs.length < 2) return { addrs, cname }
  return by
    .sourceAddrs(addrs, ending)
    .then((sources) => ({ addrs: sortByRFC6724([...addrs], sources), cname }))
}

/** What the hosts file says of a host, or null. */
function addrsIn(hosts: Hosts, name: string): HostAddrs | null {
  const entry = hosts.lookupHost(name)
  if (entry === null) return null
  const addrs = entry.addrs.flatMap((text) => {
    const parsed = parseIPZone(text)
    return parsed === null ? [] : [new IPAddr(parsed.ip, parsed.zone)]
  })
  return { addrs, cname: entry.canonical }
}

/** What the hosts file says where that is looked at when nothing else had an answer; null when it does not say anything either. */
async function lastResort(by: AddrLookup, { name, order }: HostQuestion): Promise<HostAddrs | null> {
  return order === 'dns,files' ? addrsIn(await by.hosts(), name) : null
}

/**
 * What localhost, and every name under it, stands for where the hosts file says nothing (RFC 6761 section
 * 6.3).
 */
async function localhost(by: AddrLookup, host: HostQuestion, asked: string): Promise<HostAddrs> {
  const { network, ending } = host
  const addrs = [new IPAddr(ipv4(127, 0, 0, 1)), new IPAddr(IPv6loopback)]
  const [v4, v6] = [network !== 'ip6', network !== 'ip4']
  const loopback = addrs.filter((_, i) => (i === 0 ? v4 : v6))
  const found = (await lastResort(by, host)) ?? { addrs: loopback, cname: ensureRooted(lowerASCII(asked)) }
  return ordered(by, found, ending)
}

/** One walk through the search list. It is told by calls what comes, as functions that wait cost more than all it does. */
class Search implements Asker {
  readonly #by: AddrLookup
  readonly #host: HostQuestion
  readonly #asked: string
  readonly #resolve: (found: HostAddrs | Promise<HostAddrs>) => void
  readonly #reject: (reason: unknown) => void
  readonly #conf: ResolvConf
  readonly #names: readonly string[] // to ask for, in turn
  #next = 0
  #fqdn = ''
  #answers: Answered[] = [] // to what was asked for of this name, in the order of the types
  #missing = 0
  #addrs: IPAddr[] = []
  #cname = ''
  #error: DNSError | null = null

  constructor(
    by: AddrLookup,
    host: HostQuestion,
    asked: string,
    resolve: (found: HostAddrs | Promise<HostAddrs>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#by = by
    this.#host = host
    this.#asked = asked
    this.#resolve = resolve
    this.#reject = reject
    this.#conf = by.client.conf
    this.#names = nameList(asked, this.#conf.ndots, this.#conf.search)
  }

  /** Asks for the next name; after the last one it ends. */
  next(): void {
    const fqdn = this.#names[this.#next++]
    if (fqdn === undefined) {
      this.#end()
      return
    }
    const { client } = this.#by
    const wanted = types[this.#host.network]
    this.#fqdn = fqdn
    this.#missing = wanted.length
    const atOnce = this.#conf.singleRequest ? 1 : wanted.length
    for (let i = 0; i < atOnce; i++) client.query(fqdn, wanted[i] ?? 0, this.#conf, this.#host.ending, this)
  }

  answered(answer: Answered, type: number): void {
    // Whoever tells this, a socket or a timer, has nothing to do with what sourceAddrs throws.
    try {
      this.#takeAnswer(answer, type)
    } catch (e) {
      this.#reject(e)
    }
  }

  #takeAnswer(answer: Answered, type: number): void {
    const { network, ending } = this.#host
    const wanted = types[network]
    const i = wanted.indexOf(type)
    this.#answers[i] = answer
    if (--this.#missing === 0) this.#takeAll()
    else if (this.#conf.singleRequest)
      this.#by.client.query(this.#fqdn, wanted[i + 1] ?? 0, this.#conf, ending, this)
  }

  abandoned(reason: unknown): void {
    this.#reject(reason)
  }

  /** Whether nothing was found of what was looked for. */
  get #isEmpty(): boolean {
    return this.#addrs.length === 0 && (this.#host.network !== 'CNAME' || this.#cname === '')
  }

  /** Takes the answers for a name, and goes on to the next one where that may have more. */
  #takeAll(): void {
    let isFatal = false
    for (const answer of this.#answers) if (this.#takeOne(answer)) isFatal = true
    // One family alone would make a host look as if it had no other.
    if (isFatal) this.#addrs = []
    if (isFatal || !this.#isEmpty) this.#end()
    else this.next()
  }

  #end(): void {
    const found = { addrs: this.#addrs, cname: this.#cname }
    this.#resolve(this.#isEmpty ? this.#resort(found) : ordered(this.#by, found, this.#host.ending))
  }

  /** Looks at what is left when nothing was found. */
  async #resort(nothing: HostAddrs): Promise<HostAddrs> {
    const { name, ending } = this.#host
    const found = await lastResort(this.#by, this.#host)
    if (found === null && this.#error !== null) throw renamed(this.#error, name)
    return ordered(this.#by, found ?? nothing, ending)
  }

  /** Takes one of the answers. Gives whether it is an error that ends the lookup. */
  #takeOne(answer: Answered): boolean {
    if (!(answer instanceof DNSError)) {
      this.#take(answer)
      return false
    }
    const isFatal = this.#by.client.isFatal(answer)
    // The error of the name as it was given says most.
    if (isFatal || this.#error === null || this.#fqdn === this.#asked + '.') this.#error = answer
    return isFatal
  }

  /**
   * Takes what a reply has. As the server was asked to follow aliases, the addresses in it belong to the
   * canonical name.
   */
  #take(answer: Answer): void {
    try {
      for (let { header } = answer; header !== null; { header } = answer) {
        if (header.type === RRType.A || header.type === RRType.AAAA || header.type === RRType.CNAME)
          this.#takeRecord(header.name, answer.data())
        answer.next()
      }
    } catch (e) {
      if (!(e instanceof DNSMessageError)) throw e
      this.#error = cannotUnmarshal(this.#asked, answer.server)
    }
  }

  #takeRecord(name: string, data: RRData): void {
    if (data.kind === 'CNAME') {
      if (this.#cname === '') this.#cname = data.target
    } else if (data.kind === 'A' || data.kind === 'AAAA') {
      this.#addrs.push(new IPAddr(data.ip))
      if (this.#cname === '') this.#cname = name
    }
  }
}
