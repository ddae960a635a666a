import { DNSError } from '@net/contract'
import type { Ending } from '@net/io'
import { Answer } from './answer.ts'
import { EDNSSupport } from './edns_support.ts'
import { noSuchHost, renamed } from './failure.ts'
import { isLocalhost, nameList } from '../dns/name.ts'
import type { QueryMeans } from './query_means.ts'
import { Round, type Asker } from './round.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { OpenPacketSocket } from './packet_socket.ts'
import { SocketPool } from './socket_pool.ts'

/** What a client needs. */
export interface DNSClientOptions extends Omit<QueryMeans, 'pool' | 'edns'> {
  /** Makes the sockets of packets. */
  readonly open: OpenPacketSocket
  /** The configuration, asked for at each lookup. */
  readonly resolvConf: () => ResolvConf
  /**
   * Whether an error that may pass ends a lookup, rather than the next name of the search list being tried.
   */
  readonly strictErrors: boolean
  /** Whether queries under way at once may share a socket of packets. */
  readonly shareSockets: boolean
  /** Whether servers are asked with EDNS, unless they refuse it. */
  readonly edns0: boolean
}

/** Asks DNS servers, as resolv.conf says. */
export class DNSClient {
  readonly #options: DNSClientOptions
  readonly #means: QueryMeans
  #turn = 0

  /** Makes a client. */
  constructor(options: DNSClientOptions) {
    const { dial, open, random, cache, debug, shareSockets, edns0 } = options
    this.#options = options
    const pool = new SocketPool(open, shareSockets)
    this.#means = { dial, pool, edns: new EDNSSupport(edns0), random, cache, debug }
  }

  /** The configuration now. */
  get conf(): ResolvConf {
    return this.#options.resolvConf()
  }

  /** Whether an error ends a lookup at once. */
  isFatal(e: DNSError): boolean {
    return this.#options.strictErrors && e.temporary
  }

  /**
   * Asks for a name, `asked`, in each domain of the search list until one has records of a type. Rejects
   * with a DNSError that has `name`, the name as it was given, or with why the lookup was ended.
   */
  async lookup(name: string, asked: string, type: number, ending: Ending | null): Promise<Answer> {
    if (isLocalhost(asked)) throw noSuchHost(name)
    const conf = this.conf
    let last: DNSError | null = null
    for (const fqdn of nameList(asked, conf.ndots, conf.search)) {
      const answer = await this.#answer(fqdn, type, conf, ending)
      if (answer instanceof Answer) return answer
      last = answer
      if (this.isFatal(last)) break
    }
    throw last === null ? noSuchHost(name) : renamed(last, name)
  }

  /**
   * Asks the servers, one after the other, for a rooted name. The asker is told the error when none has an answer, and is
   * left without one only when the lookup was ended.
   */
  query(fqdn: string, type: number, conf: ResolvConf, ending: Ending | null, asker: Asker): void {
    // The search list may have made such a name; whoever asks has looked at the name itself.
    if (conf.search.length > 0 && isLocalhost(fqdn)) {
      asker.answered(noSuchHost(fqdn), type)
      return
    }
    const means = this.#means
    const kept = means.cache?.get(fqdn, type) ?? null
    if (kept === null) {
      const turn = conf.rotate ? this.#turn++ : 0
      new Round(fqdn, type, turn, conf, means, ending, asker).next()
      return
    }
    const { server, found } = kept
    means.debug?.({ type: 'cache', name: fqdn, rrtype: type, server })
    asker.answered(found === null ? noSuchHost(fqdn, server) : new Answer(server, found), type)
  }

  #answer(fqdn: string, type: number, conf: ResolvConf, ending: Ending | null): Promise<Answer | DNSError> {
    return new Promise((resolve, reject) => {
      this.query(fqdn, type, conf, ending, { answered: resolve, abandoned: reject })
    })
  }
}
