import { RCode, type Parser } from '../dns/parser.ts'

/**
 * How long a server is believed to lack EDNS after it has refused it, in milliseconds: its software may
 * change.
 */
const MEMORY = 15 * 60_000

/** Which servers are asked with EDNS (RFC 6891): all but those that have refused it. */
export class EDNSSupport {
  readonly #enabled: boolean
  readonly #refusedUntil = new Map<string, number>()

  /** Knows of no refusal yet. Where `enabled` is false no server is asked with EDNS. */
  constructor(enabled: boolean) {
    this.#enabled = enabled
  }

  /** Whether a server, given as host:port, is to be asked with EDNS. */
  isExpectedOf(server: string): boolean {
    if (!this.#enabled) return false
    const until = this.#refusedUntil.get(server)
    if (until === undefined) return true
    if (until > performance.now()) return false
    this.#refusedUntil.delete(server)
    return true
  }

  /**
   * Notes that a server has refused a query with EDNS: its next attempt, and what comes after, goes
   * without.
   */
  refusedBy(server: string): void {
    this.#refusedUntil.set(server, performance.now() + MEMORY)
  }
}

/**
 * Whether a reply shows that its server does not know EDNS (RFC 6891 section 7): it says that it could not
 * read the query, or puts the query's OPT record where the answers are.
 */
export function refusesEDNS(reply: Parser): boolean {
  const { rcode } = reply
  return rcode === RCode.formatError || rcode === RCode.notImplemented || reply.hasOPTAnswer
}
