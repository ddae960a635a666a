import type { DNSError } from '@net/contract'
import type { ResolvConf } from '../files/resolv_conf.ts'
import { Answer, findAnswer } from './answer.ts'
import { Attempt } from './attempt.ts'
import type { DNSCache, Found } from './cache.ts'
import type { Cancellation } from './cancellation.ts'
import type { Dial } from './dial.ts'
import type { ResolverEvent } from './event.ts'
import { dnsError, noSuchHost } from './failure.ts'
import type { Parser } from '../dns/parser.ts'
import type { SocketPool } from './socket_pool.ts'

/** What all queries of a client have in common. */
export interface QueryMeans {
  /** Makes connections to servers. */
  readonly dial: Dial
  /** Owns the connections of packets. */
  readonly pool: SocketPool
  /** Keeps replies; null for none. */
  readonly cache: DNSCache | null
  /** Told what happens; undefined for nobody. */
  readonly debug: ((event: ResolverEvent) => void) | undefined
}

/** What is asked, and all that asking takes: it travels from the client to the attempts at single servers. */
export interface Query {
  /** The name, with a dot at its end. */
  readonly name: string
  /** The number of the record type. */
  readonly type: number
  /** The servers, and how to ask them. */
  readonly conf: ResolvConf
  /** The number of the server that is asked first, counted on past the last one. */
  readonly turn: number
  /** Ends the query when nobody waits for it any more. */
  readonly cancellation: Cancellation
  /** What it has in common with other queries. */
  readonly means: QueryMeans
}

/**
 * Puts a query to the servers, one after the other, until one has an answer or says that there is none. Gives the error
 * when no server has one; rejects with the reason of the cancellation only.
 */
export async function askServers(query: Query): Promise<Answer | DNSError> {
  const { name, type, turn, cancellation } = query
  const { servers, attempts } = query.conf
  const { debug } = query.means
  let error: DNSError | null = null
  for (let i = 0; i < attempts * servers.length; i++) {
    const server = servers[(turn + i) % servers.length] ?? ''
    try {
      debug?.({ type: 'query', name, rrtype: type, server })
      const found = take(query, server, await new Attempt(query, server).ask())
      if (found !== null) return new Answer(server, found)
      error = noSuchHost(name, server)
    } catch (e) {
      if (cancellation.reason !== undefined) throw cancellation.reason
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
