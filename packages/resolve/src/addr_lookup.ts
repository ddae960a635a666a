import { IPAddr, parseIPZone } from '@net/addr'
import { DNSError } from '@net/contract'
import type { Cancellation } from './cancellation.ts'
import type { Answer, Client } from './client.ts'
import { cannotUnmarshal, noSuchHost, renamed } from './failure.ts'
import type { Hosts } from './hosts.ts'
import { isDomainName, nameList } from './name.ts'
import type { LookupOrder } from './order.ts'
import type { ResolvConf } from './resolv_conf.ts'
import { RRType } from './rr.ts'
import { DNSMessageError } from './wire_reader.ts'

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

/**
 * Looks a host up in the hosts file and in DNS, in the order asked for; the addresses come as they were found. Rejects
 * with a DNSError, or the reason of the cancellation. A name that must not be asked for has no addresses, and that is no error.
 */
export async function lookupHostAddrs(
  client: Client,
  hosts: Hosts,
  network: HostNetwork,
  name: string,
  order: LookupOrder,
  cancellation: Cancellation,
): Promise<HostAddrs> {
  if (order === 'files' || order === 'files,dns') {
    const found = staticAddrs(hosts, name)
    if (found !== null) return found
    if (order === 'files') throw noSuchHost(name)
  }
  if (!isDomainName(name)) throw noSuchHost(name)
  const search = new Search(client, network, name, cancellation)
  const { addrs, cname, error } = await search.run()
  if (addrs.length > 0 || (network === 'CNAME' && cname !== '')) return { addrs, cname }
  const found = order === 'dns,files' ? staticAddrs(hosts, name) : null
  if (found !== null) return found
  if (error !== null) throw renamed(error, name)
  return { addrs, cname }
}

function staticAddrs(hosts: Hosts, name: string): HostAddrs | null {
  const entry = hosts.lookupHost(name)
  if (entry === null) return null
  const addrs = entry.addrs.flatMap((text) => {
    const parsed = parseIPZone(text)
    return parsed === null ? [] : [new IPAddr(parsed.ip, parsed.zone)]
  })
  return { addrs, cname: entry.canonical }
}

/** One walk through the search list. */
class Search {
  addrs: IPAddr[] = []
  cname = ''
  error: DNSError | null = null
  readonly #client: Client
  readonly #network: HostNetwork
  readonly #name: string
  readonly #cancellation: Cancellation

  constructor(client: Client, network: HostNetwork, name: string, cancellation: Cancellation) {
    this.#client = client
    this.#network = network
    this.#name = name
    this.#cancellation = cancellation
  }

  async run(): Promise<this> {
    const conf = this.#client.conf
    for (const fqdn of nameList(this.#name, conf.ndots, conf.search)) {
      let fatal = false
      for (const answer of await this.#askAll(fqdn, conf)) {
        if (answer instanceof DNSError) {
          const isFatal = this.#client.isFatal(answer)
          // The error of the name as it was given says most.
          if (isFatal || this.error === null || fqdn === this.#name + '.') this.error = answer
          fatal ||= isFatal
        } else {
          this.#take(answer)
        }
      }
      if (fatal) {
        // One family alone would make a host look as if it had no other.
        this.addrs = []
        break
      }
      if (this.addrs.length > 0 || (this.#network === 'CNAME' && this.cname !== '')) break
    }
    return this
  }

  async #askAll(fqdn: string, conf: ResolvConf): Promise<(Answer | DNSError)[]> {
    const wanted = types[this.#network]
    if (!conf.singleRequest) return Promise.all(wanted.map((type) => this.#ask(fqdn, type, conf)))
    const answers: (Answer | DNSError)[] = []
    for (const type of wanted) answers.push(await this.#ask(fqdn, type, conf))
    return answers
  }

  async #ask(fqdn: string, type: number, conf: ResolvConf): Promise<Answer | DNSError> {
    try {
      return await this.#client.query(fqdn, type, conf, this.#cancellation)
    } catch (e) {
      if (e instanceof DNSError) return e
      throw e
    }
  }

  // The server was asked to follow aliases, so the addresses in its reply belong to the canonical name.
  #take(answer: Answer): void {
    try {
      for (const { header, data } of answer.records()) {
        if (header.type !== RRType.A && header.type !== RRType.AAAA && header.type !== RRType.CNAME) continue
        const record = data()
        if (record.kind === 'CNAME') {
          if (this.cname === '') this.cname = record.target
        } else if (record.kind === 'A' || record.kind === 'AAAA') {
          this.addrs.push(new IPAddr(record.ip))
          if (this.cname === '') this.cname = header.name
        }
      }
    } catch (e) {
      if (!(e instanceof DNSMessageError)) throw e
      this.error = cannotUnmarshal(this.#name, answer.server)
    }
  }
}
