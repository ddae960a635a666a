import { DNSError } from '@net/contract'
import type { DNSCache, Found } from './cache.ts'
import type { Cancellation } from './cancellation.ts'
import type { ResolverEvent } from './event.ts'
import type { Dial } from './dial.ts'
import { exchange } from './exchange.ts'
import { cannotUnmarshal, dnsError, noSuchHost, renamed } from './failure.ts'
import { isDomainName, nameList } from './name.ts'
import { RCode, type Parser } from './parser.ts'
import type { ResolvConf } from './resolv_conf.ts'
import { RRType, type RRData, type RRHeader } from './rr.ts'
import { SocketPool } from './socket_pool.ts'
import { DNSMessageError } from './wire_reader.ts'

/** What a client needs. */
export interface ClientOptions {
  /** Makes connections to servers; null when there is no way to. */
  readonly dial: Dial | null
  /** The configuration, asked for at each lookup. */
  readonly resolvConf: () => ResolvConf
  /** Keeps replies; null for none. */
  readonly cache: DNSCache | null
  /** Whether an error that may pass ends a lookup, rather than the next name of the search list being tried. */
  readonly strictErrors: boolean
  /** Whether queries under way at once may share a connection of packets. */
  readonly shareSockets: boolean
  /** Told what happens. */
  readonly debug: (event: ResolverEvent) => void
}

/** A reply that has at least one record of the type asked for. */
export class Answer {
  /** The server that gave it. */
  readonly server: string
  readonly #found: Found

  /** Makes an answer. */
  constructor(server: string, found: Found) {
    this.server = server
    this.#found = found
  }

  /**
   * The records from the first of the type asked for to the end of the answers, each read when its turn comes, so a
   * malformed one spoils none before it. Can be gone through once.
   */
  *records(): Generator<{ header: RRHeader; data: () => RRData }, void, void> {
    const { parser, first } = this.#found
    const data = (): RRData => parser.data()
    for (let header: RRHeader | null = first; header !== null; header = parser.next('answers'))
      yield { header, data }
  }
}

/** Asks DNS servers, as resolv.conf says. */
export class Client {
  readonly #options: ClientOptions
  readonly #pool: SocketPool
  #turn = 0

  /** Makes a client. */
  constructor(options: ClientOptions) {
    this.#options = options
    this.#pool = new SocketPool(options.shareSockets)
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
   * Asks for a name in each domain of the search list until one has records of a type. Rejects with a DNSError that
   * has the name as it was given, or with the reason of the cancellation.
   */
  async lookup(name: string, type: number, cancellation: Cancellation): Promise<Answer> {
    if (!isDomainName(name)) throw noSuchHost(name)
    const conf = this.conf
    let last = noSuchHost(name) // for names that are never asked
    for (const fqdn of nameList(name, conf.ndots, conf.search)) {
      try {
        return await this.query(fqdn, type, conf, cancellation)
      } catch (e) {
        if (!(e instanceof DNSError)) throw e
        last = e
        if (this.isFatal(e)) break
      }
    }
    throw renamed(last, name)
  }

  /** Asks the servers, one after the other, for a rooted name. Rejects with a DNSError, or the reason of the cancellation. */
  async query(fqdn: string, type: number, conf: ResolvConf, cancellation: Cancellation): Promise<Answer> {
    const { cache, debug } = this.#options
    const turn = conf.rotate ? this.#turn++ : 0
    const kept = cache?.get(fqdn, type)
    if (kept !== undefined && kept !== null) {
      debug({ type: 'cache', name: fqdn, rrtype: type, server: kept.server })
      if (kept.found === null) throw noSuchHost(fqdn, kept.server)
      return new Answer(kept.server, kept.found)
    }
    let last: DNSError | null = null
    for (let i = 0; i < conf.attempts * conf.servers.length; i++) {
      const server = conf.servers[(turn + i) % conf.servers.length] ?? ''
      try {
        return await this.#ask(server, fqdn, type, conf, cancellation)
      } catch (e) {
        if (cancellation.reason !== undefined) throw cancellation.reason
        last = dnsError(e, fqdn, server)
        debug({ type: 'failure', name: fqdn, rrtype: type, server, error: last })
        if (last.isNotFound) break // another server would not help
      }
    }
    throw last ?? noSuchHost(fqdn)
  }

  async #ask(
    server: string,
    fqdn: string,
    type: number,
    conf: ResolvConf,
    cancellation: Cancellation,
  ): Promise<Answer> {
    const { cache, debug, dial } = this.#options
    if (dial === null) throw new Error('the resolver has no dial to reach DNS servers with')
    debug({ type: 'query', name: fqdn, rrtype: type, server })
    const { timeout, useTCP, trustAD } = conf
    const reply = await exchange(server, fqdn, type, {
      dial,
      pool: this.#pool,
      timeout,
      useTCP,
      trustAD,
      cancellation,
    })
    const whole = cache === null ? null : reply.clone()
    const found = findAnswer(reply, type, fqdn, server)
    if (whole !== null) cache?.set(fqdn, type, { server, found }, whole)
    if (found === null) throw noSuchHost(fqdn, server)
    return new Answer(server, found)
  }
}

/**
 * The reply at its first record of a type; null when it says that there is no such name, or no such record. Throws
 * for a reply that is of no use.
 */
function findAnswer(reply: Parser, type: number, fqdn: string, server: string): Found | null {
  const { rcode, hasAdditional } = extendedRCode(reply)
  if (rcode === RCode.nameError) return null
  try {
    let first = reply.next('answers')
    const { authoritative, recursionAvailable } = reply.header
    if (rcode !== RCode.success) {
      throw new DNSError('server misbehaving', fqdn, { server, isTemporary: rcode === RCode.serverFailure })
    }
    // A server that neither knows nor asks others refers to those who might; libresolv goes on to the next too.
    if (!authoritative && !recursionAvailable && first === null && !hasAdditional)
      throw new Error('lame referral')
    while (first !== null && first.type !== type) first = reply.next('answers')
    return first === null ? null : { parser: reply, first }
  } catch (e) {
    if (e instanceof DNSMessageError) throw cannotUnmarshal(fqdn, server)
    throw e
  }
}

/** The outcome, with the eight bits that EDNS adds (RFC 6891 section 6.1.3), and whether there are additional records. */
function extendedRCode(reply: Parser): { rcode: number; hasAdditional: boolean } {
  const { rcode } = reply.header
  const p = reply.clone()
  let hasAdditional = false
  try {
    for (let h = p.next('additionals'); h !== null; h = p.next('additionals')) {
      hasAdditional = true
      if (h.type === RRType.OPT) return { rcode: (((h.ttl >>> 24) & 0xff) << 4) | rcode, hasAdditional }
    }
  } catch (e) {
    if (!(e instanceof DNSMessageError)) throw e
    // What cannot be read adds nothing.
  }
  return { rcode, hasAdditional }
}
