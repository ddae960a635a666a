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
