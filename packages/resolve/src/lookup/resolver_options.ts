import { joinHostPort, UDPAddr, type IP, type IPAddr } from '@net/addr'
import type { Conn, IOOptions } from '@net/contract'
import { turnTaken } from '@net/io'
import type { DNSCache } from '../client/cache.ts'
import type { ResolverEvent } from '../client/event.ts'
import type { OpenPacketSocket } from '../client/packet_socket.ts'
import { DialScope, type ServerDial } from '../client/server_dial.ts'
import type { FillRandom } from '../order/random.ts'
import type { Hosts } from '../files/hosts.ts'
import type { NSSConf } from '../files/nsswitch.ts'
import type { Protocols } from '../files/protocols.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'
import type { Services } from '../files/services.ts'
import type { SystemResolver } from './system.ts'

/**
 * Tells the addresses this host would send from to each of `addrs`, null where it has no route to one. The
 * signal of `options` is aborted when nobody waits for the lookup any more. What it rejects with is what
 * the lookup rejects with.
 */
export type SourceAddrs = (addrs: readonly IPAddr[], options: IOOptions) => Promise<(IP | null)[]>

/** Options of a resolver. A file is given as its path or as what it says. */
export interface ResolverOptions {
  /**
   * Connects to DNS servers. Without it, hosts and addresses are looked up by the system, and nothing else
   * in DNS.
   */
  readonly dial?: ServerDial | undefined
  /**
   * Makes sockets of packets to DNS servers, for those who can do so with less than a connection; absent means connections that
   * `dial` gives.
   */
  readonly openPackets?: OpenPacketSocket | undefined
  /** Makes the random numbers that queries are told from forgeries by; absent means crypto.getRandomValues. */
  readonly fillRandom?: FillRandom | undefined
  /**
   * True to look up hosts and addresses by the system's getaddrinfo, false never to; absent to go by Go's
   * rules.
   */
  readonly preferSystem?: boolean | undefined
  /**
   * The hosts file; absent means /etc/hosts, or what Windows has in its place. One of more than 256 KiB is
   * read in turns of the loop.
   */
  readonly hosts?: string | Hosts | undefined
  /** How to ask DNS; absent means /etc/resolv.conf. What an object leaves out has its default. */
  readonly resolvConf?: string | Partial<ResolvConf> | undefined
  /** The services file; absent means /etc/services. */
  readonly services?: string | Services | undefined
  /** The protocols file; absent means /etc/protocols. */
  readonly protocols?: string | Protocols | undefined
  /** The order of means; absent means /etc/nsswitch.conf. */
  readonly nsswitch?: string | NSSConf | undefined
  /** The most milliseconds a lookup may take in all; 0 and absence mean no limit but that of resolv.conf. */
  readonly timeout?: number | undefined
  /**
   * Whether an error that may pass, such as a time-out for one of a host's two families, fails a lookup,
   * rather than the part that was found being given. Off by default.
   */
  readonly strictErrors?: boolean | undefined
  /**
   * Whether queries that are under way at once may share a connection of packets, for a `dial` that gives
   * real sockets: sixteen on each, and more only when 256 are open. Off by default: one query at a time on
   * each.
   */
  readonly shareSockets?: boolean | undefined
  /**
   * Whether servers are asked with EDNS, for replies of up to 1232 bytes in a packet. On by default: a
   * server that refuses it is asked without from its next attempt on, for a quarter of an hour. False helps
   * where something on the way drops such queries (Go has GODEBUG=netedns0=0 for that; the C library asks
   * with EDNS only where resolv.conf says `options edns0`).
   */
  readonly edns0?: boolean | undefined
  /**
   * Whether a name that is not ASCII is looked up in DNS by its A-labels (RFC 5891), as `domainToASCII` of
   * node:url gives them. Off by default, as in Go: such a name is no such host then. {@link resolverOver}
   * turns it on.
   */
  readonly idna?: boolean | undefined
  /** Keeps replies for as long as they say; absent means that each lookup asks servers. */
  readonly cache?: DNSCache | undefined
  /**
   * Tells the sources by which addresses are ordered (RFC 6724); absent means that they stay as they were
   * found.
   */
  readonly sourceAddrs?: SourceAddrs | undefined
  /**
   * The system's resolver; absent means getaddrinfo as the JavaScript host has it, null that there is none.
   */
  readonly system?: SystemResolver | null | undefined
  /** Is told which means were chosen for a host and why, each query, and each failure. It must not throw. */
  readonly debug?: ((event: ResolverEvent) => void) | undefined
}

/** A connection that tells its own address. */
type LocalConn = Pick<Conn, 'localAddr' | 'close'>

/**
 * Finds source addresses by connecting a UDP socket to each address, which sends nothing: for a `dial` that
 * makes the system's own sockets. The function it gives rejects only with why the lookup was ended.
 *
 * @example
 * ```ts
 * import { IPAddr, UDPAddr } from '@net/addr'
 * import { posix } from '@net/posix'
 * import { udpSourceAddrs } from '@net/resolve'
 *
 * const sources = udpSourceAddrs((_network, address) => {
 *   return posix().dialUDP('udp', null, UDPAddr.from({ ip: address.replace(/:9$/, ''), port: 9 }))
 * })
 * console.log(String(await sources([IPAddr.from({ ip: '127.0.0.1' })], {}))) // 127.0.0.1
 * ```
 */
export function udpSourceAddrs(dial: (...args: Parameters<ServerDial>) => Promise<LocalConn>): SourceAddrs {
  const source = async (addr: IPAddr, scope: DialScope): Promise<IP | null> => {
    try {
      // Any port does: nothing is sent to it.
      const conn = await dial('udp', joinHostPort(addr.toString(), 9), scope)
      const local = conn.localAddr
      await conn.close()
      return local instanceof UDPAddr ? local.ip : null
    } catch {
      return null // There is no route, or no such family here.
    }
  }
  return async (addrs, options) => {
    const scope = new DialScope(options, Infinity, false)
    try {
      const sources: (IP | null)[] = []
      // One socket at a time is enough, as a dial that sends nothing takes no time. An answer may have very
      // many addresses.
      for (const addr of addrs) {
        scope.throwIfOver()
        sources.push(await source(addr, scope))
        await turnTaken()
      }
      return sources
    } finally {
      scope.leave()
    }
  }
}
