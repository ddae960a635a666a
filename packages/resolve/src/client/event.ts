import type { LookupOrder } from '../order/order.ts'

/**
 * Something a resolver tells its `debug` function. Names have a dot at their end, types are numbers:
 * RRType.
 */
export type ResolverEvent =
  | {
      /** Which means were chosen for a host, and why. */
      readonly type: 'order'
      /** The host as it was given; '' when an address is looked up. */
      readonly host: string
      /** The means. */
      readonly order: LookupOrder
      /** Why, in a sentence. */
      readonly reason: string
    }
  | {
      /** A server is asked, or the cache has the reply. */
      readonly type: 'query' | 'cache'
      readonly name: string
      readonly rrtype: number
      /** The server as host:port. */
      readonly server: string
    }
  | {
      /** A server gave no records. */
      readonly type: 'failure'
      readonly name: string
      readonly rrtype: number
      readonly server: string
      readonly error: Error
    }
