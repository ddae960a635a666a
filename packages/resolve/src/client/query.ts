import type { Ending } from '@net/io'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { DNSCache } from './cache.ts'
import type { RandomNumbers } from '../order/random.ts'
import type { ServerDial } from './server_dial.ts'
import type { EDNSSupport } from './edns_support.ts'
import type { ResolverEvent } from './event.ts'
import type { SocketPool } from './socket_pool.ts'

/** What all queries of a client have in common. */
export interface QueryMeans {
  /** Makes connections to servers, for streams. */
  readonly dial: ServerDial
  /** Owns the sockets of packets. */
  readonly pool: SocketPool
  /** Knows which servers have no EDNS. */
  readonly edns: EDNSSupport
  /** Makes the ids of queries. */
  readonly random: RandomNumbers
  /** Keeps replies; null for none. */
  readonly cache: DNSCache | null
  /** Told what happens; undefined for nobody. */
  readonly debug: ((event: ResolverEvent) => void) | undefined
}

/**
 * What is asked, and all that asking takes: a query travels from the client to the attempts at single
 * servers.
 */
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
  readonly ending: Ending
  /** What it has in common with other queries. */
  readonly means: QueryMeans
}
