import type { DNSError } from '@net/contract'
import { Answer, findAnswer } from './answer.ts'
import { Attempt, type Attempting } from './attempt.ts'
import type { Found } from './cache.ts'
import { refusesEDNS } from './edns_support.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { Parser } from '../dns/parser.ts'
import type { Query } from './query.ts'

/**
 * Puts a query to the servers, one after the other, until one has an answer or says that there is none.
 * Gives the error when no server has one; rejects only with why the lookup was ended.
 */
export function askServers(query: Query): Promise<Answer | DNSError> {
  return new Promise((resolve, reject) => {
    new Round(query, resolve, reject).next()
  })
}

/** The way of a query from server to server. It is told by calls what came of each, as a promise and a function that waits cost more than all the rest. */
class Round implements Attempting {
  readonly query: Query
  readonly #resolve: (answer: Answer | DNSError) => void
  readonly #reject: (reason: unknown) => void
  #attempts = 0
  #server = ''
  #edns0 = false
  #error: DNSError | null = null

  constructor(query: Query, resolve: (answer: Answer | DNSError) => void, reject: (reason: unknown) => void) {
    this.query = query
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Asks the next server; ends with the last error after the last one. */
  next(): void {
    const { name, turn, conf } = this.query
    const { servers, attempts } = conf
    const i = this.#attempts++
    if (i < attempts * servers.length) this.#ask(servers[(turn + i) % servers.length] ?? '')
    else this.#resolve(this.#error ?? noSuchHost(name))
  }

  #ask(server: string): void {
    const { name, type, means } = this.query
    this.#server = server
    means.debug?.({ type: 'query', name, rrtype: type, server })
    this.#edns0 = means.edns.isExpectedOf(server)
    try {
      new Attempt(this, server, this.#edns0).ask()
    } catch (e) {
      this.failed(e)
    }
  }

  replied(reply: Parser): void {
    if (this.#edns0 && refusesEDNS(reply)) this.query.means.edns.refusedBy(this.#server)
    let found: Found | null
    try {
      found = take(this.query, this.#server, reply)
    } catch (e) {
      this.failed(e)
      return
    }
    if (found !== null) this.#resolve(new Answer(this.#server, found))
    else this.#goOn(noSuchHost(this.query.name, this.#server))
  }

  failed(e: unknown): void {
    const { name, ending } = this.query
    if (ending.isOver) this.#reject(ending.reason)
    else this.#goOn(dnsError(e, name, this.#server))
  }

  #goOn(error: DNSError): void {
    const { name, type, means } = this.query
    this.#error = error
    means.debug?.({ type: 'failure', name, rrtype: type, server: this.#server, error })
    // Another server would not help where there is no such name.
    if (error.isNotFound) this.#resolve(error)
    else this.next()
  }
}

/** What a reply says; null when it says that there is no such name or record. The cache keeps it. */
function take({ name, type, means: { cache } }: Query, server: string, reply: Parser): Found | null {
  if (cache === null) return findAnswer(reply, type, name, server)
  const whole = reply.clone()
  const found = findAnswer(reply, type, name, server)
  cache.set(name, type, { server, found }, whole)
  return found
}
