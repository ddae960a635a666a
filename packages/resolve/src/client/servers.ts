import type { DNSError } from '@net/contract'
import { Answer, findAnswer } from './answer.ts'
import { Attempt } from './attempt.ts'
import type { Found } from './cache.ts'
import { refusesEDNS } from './edns_support.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { Parser } from '../dns/parser.ts'
import type { Query } from './query.ts'

/**
 * Puts a query to the servers, one after the other, until one has an answer or says that there is none.
 * Gives the error when no server has one; rejects only with why the lookup was ended.
 */
export async function askServers(query: Query): Promise<Answer | DNSError> {
  const { name, type, turn, ending } = query
  const { servers, attempts } = query.conf
  const { debug, edns } = query.means
  let error: DNSError | null = null
  for (let i = 0; i < attempts * servers.length; i++) {
    const server = servers[(turn + i) % servers.length] ?? ''
    try {
      debug?.({ type: 'query', name, rrtype: type, server })
      const edns0 = edns.isExpectedOf(server)
      const reply = await new Attempt(query, server, edns0).ask()
      if (edns0 && refusesEDNS(reply)) edns.refusedBy(server)
      const found = take(query, server, reply)
      if (found !== null) return new Answer(server, found)
      error = noSuchHost(name, server)
    } catch (e) {
      ending.throwIfOver()
      error = dnsError(e, name, server)
    }
    debug?.({ type: 'failure', name, rrtype: type, server, error })
    // Another server would not help where there is no such name.
    if (error.isNotFound) break
  }
  return error ?? noSuchHost(name)
}

/** What a reply says; null when it says that there is no such name or record. The cache keeps it. */
function take({ name, type, means: { cache } }: Query, server: string, reply: Parser): Found | null {
  if (cache === null) return findAnswer(reply, type, name, server)
  const whole = reply.clone()
  const found = findAnswer(reply, type, name, server)
  cache.set(name, type, { server, found }, whole)
  return found
}
