import { IPAddr, ipv4, IPv6loopback, parseIPZone } from '@net/addr'
import { DNSError } from '@net/contract'
import type { Ending } from '@net/io'
import { sortByRFC6724 } from '../order/addr_select.ts'
import type { Answer } from '../client/answer.ts'
import type { DNSClient } from '../client/dns_client.ts'
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

/** What is looked at when nothing else had an answer; null when that has none either. */
type LastResort = () => HostAddrs | null | Promise<HostAddrs | null>

const types: Readonly<Record<HostNetwork, readonly [number, ...number[]]>> = {
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

/**
 * Looks a host up in the hosts file and in DNS, in the order asked for; the best address comes first.
 * Rejects with a DNSError, or with why the lookup was ended. A name that must not be asked for has no
 * addresses, and that is no error.
 */
export async function lookupHostAddrs(
  by: AddrLookup,
  network: HostNetwork,
  name: string,
  order: LookupOrder,
  ending: Ending,
): Promise<HostAddrs> {
  const written = order === 'files' || order === 'files,dns' ? staticAddrs(by, name) : null
  // Nearly always nothing is written, and nothing to be waited for.
  const found = written === null ? null : await written
  return ordered(by, found ?? (await unwritten(by, network, name, order, ending)), ending)
}

/** Looks up a host that the hosts file, where that comes first, does not have. */
function unwritten(
  by: AddrLookup,
  network: HostNetwork,
  name: string,
  order: LookupOrder,
  ending: Ending,
): Promise<HostAddrs> {
  const asked = askedHost(name, by.idna)
  const last: LastResort = () => (order === 'dns,files' ? staticAddrs(by, name) : null)
  if (isLocalhost(asked)) return localhost(network, asked, last)
  if (order === 'files') throw noSuchHost(name)
  return new Search(by.client, network, name, asked, ending).run(last)
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
function staticAddrs(by: AddrLookup, name: string): HostAddrs | null | Promise<HostAddrs | null> {
  const hosts = by.hosts()
  return hosts instanceof Hosts ? addrsIn(hosts, name) : hosts.then((loaded) => addrsIn(loaded, name))
}

function addrsIn(hosts: Hosts, name: string): HostAddrs | null {
  const entry = hosts.lookupHost(name)
  if (entry === null) return null
  const addrs = entry.addrs.flatMap((text) => {
    const parsed = parseIPZone(text)
    return parsed === null ? [] : [new IPAddr(parsed.ip, parsed.zone)]
  })
  return { addrs, cname: entry.canonical }
}

/**
 * What localhost, and every name under it, stands for where the hosts file says nothing (RFC 6761 section
 * 6.3).
 */
async function localhost(network: HostNetwork, name: string, last: LastResort): Promise<HostAddrs> {
  const addrs = [new IPAddr(ipv4(127, 0, 0, 1)), new IPAddr(IPv6loopback)]
  const [v4, v6] = [network !== 'ip6', network !== 'ip4']
  const loopback = addrs.filter((_, i) => (i === 0 ? v4 : v6))
  return (await last()) ?? { addrs: loopback, cname: ensureRooted(lowerASCII(name)) }
}

/** One walk through the search list. */
class Search {
  addrs: IPAddr[] = []
  cname = ''
  error: DNSError | null = null
  readonly #client: DNSClient
  readonly #conf: ResolvConf
  readonly #names: readonly string[] // to ask for, in turn
  readonly #network: HostNetwork
  readonly #given: string // the name as it was given, for errors
  readonly #name: string
  readonly #ending: Ending

  constructor(client: DNSClient, network: HostNetwork, given: string, name: string, ending: Ending) {
    this.#client = client
    this.#network = network
    this.#given = given
    this.#name = name
    this.#ending = ending
    this.#conf = client.conf
    this.#names = nameList(name, this.#conf.ndots, this.#conf.search)
  }

  /** Whether nothing was found of what was looked for. */
  get isEmpty(): boolean {
    return this.addrs.length === 0 && (this.#network !== 'CNAME' || this.cname === '')
  }

  /** Asks for the names, until one has what is wanted, and looks at `last` when none has. Gives what was found. */
  async run(last: LastResort): Promise<HostAddrs> {
    const wanted = types[this.#network]
    for (let i = 0; i < this.#names.length; i++) {
      const fqdn = this.#names[i] ?? ''
      if (this.#takeAll(fqdn, await this.#askAll(fqdn, wanted))) break
    }
    return this.isEmpty ? this.#resort(last) : this
  }

  async #resort(last: LastResort): Promise<HostAddrs> {
    const found = await last()
    if (found === null && this.error !== null) throw renamed(this.error, this.#given)
    return found ?? this
  }

  /** Takes the answers for a name. Gives whether no other name is to be asked for. */
  #takeAll(fqdn: string, answers: Answered | Answered[]): boolean {
    const isFatal = Array.isArray(answers)
      ? answers.filter((answer) => this.#takeOne(fqdn, answer)).length > 0
      : this.#takeOne(fqdn, answers)
    // One family alone would make a host look as if it had no other.
    if (isFatal) this.addrs = []
    return isFatal || !this.isEmpty
  }

  /** Takes one of the answers. Gives whether it is an error that ends the lookup. */
  #takeOne(fqdn: string, answer: Answered): boolean {
    if (!(answer instanceof DNSError)) {
      this.#take(answer)
      return false
    }
    const isFatal = this.#client.isFatal(answer)
    // The error of the name as it was given says most.
    if (isFatal || this.error === null || fqdn === this.#name + '.') this.error = answer
    return isFatal
  }

  #askAll(fqdn: string, wanted: readonly [number, ...number[]]): Promise<Answered | Answered[]> {
    if (wanted.length === 1) return this.#ask(fqdn, wanted[0])
    return this.#conf.singleRequest
      ? this.#askInTurn(fqdn, wanted)
      : Promise.all(wanted.map((type) => this.#ask(fqdn, type)))
  }

  async #askInTurn(fqdn: string, wanted: readonly number[]): Promise<Answered[]> {
    const answers: Answered[] = []
    for (const type of wanted) answers.push(await this.#ask(fqdn, type))
    return answers
  }

  #ask(fqdn: string, type: number): Promise<Answered> {
    return this.#client.query(fqdn, type, this.#conf, this.#ending)
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
      this.error = cannotUnmarshal(this.#name, answer.server)
    }
  }

  #takeRecord(name: string, data: RRData): void {
    if (data.kind === 'CNAME') {
      if (this.cname === '') this.cname = data.target
    } else if (data.kind === 'A' || data.kind === 'AAAA') {
      this.addrs.push(new IPAddr(data.ip))
      if (this.cname === '') this.cname = name
    }
  }
}
