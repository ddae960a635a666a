import { parseIPZone, splitHostPort, TCPAddr, UDPAddr } from '@net/addr'
import type { Conn, TCPSockGroup, UDPSockGroup } from '@net/contract'
import type { ServerDial } from './client/server_dial.ts'
import { Resolver } from './resolver.ts'
import { udpSourceAddrs, type ResolverOptions } from './lookup/resolver_options.ts'

/** The part of a target that a resolver asks servers with. */
export type ResolverSockets = Pick<TCPSockGroup, 'dialTCP'> & Pick<UDPSockGroup, 'dialUDP'>

/**
 * A dial over a target's sockets, for addresses that need no lookup: 'udp' or 'tcp', and host:port in
 * numbers.
 */
function targetDial(sockets: ResolverSockets): (...args: Parameters<ServerDial>) => Promise<Conn> {
  let last = { address: '', addr: new UDPAddr(null, 0) } // mostly one server is asked
  return (network, address, options) => {
    if (address !== last.address) last = { address, addr: udpAddr(address) }
    const { addr } = last
    // A dial of packets sends nothing, so there is nothing to give up.
    return network === 'udp'
      ? sockets.dialUDP('udp', null, addr)
      : sockets.dialTCP('tcp', null, new TCPAddr(addr.ip, addr.port, addr.zone), options)
  }
}

function udpAddr(address: string): UDPAddr {
  const { host, port } = splitHostPort(address)
  const { ip = null, zone = '' } = parseIPZone(host) ?? {}
  return new UDPAddr(ip, Number(port), zone)
}

/**
 * A resolver over a target that has sockets, such as `posix()` of @net/posix: it asks servers with them,
 * finds source addresses by them, lets lookups share them, and asks for names that are not ASCII by their
 * A-labels. `options` as for a {@link Resolver}. Nothing is opened or read before the first lookup.
 *
 * @example
 * ```ts
 * import { posix } from '@net/posix'
 * import { resolverOver } from '@net/resolve'
 *
 * const resolver = resolverOver(posix(), { preferSystem: false })
 * console.log(await resolver.lookupPort('tcp', 'https')) // 443
 * ```
 */
export function resolverOver(sockets: ResolverSockets, options: ResolverOptions = {}): Resolver {
  const dial = targetDial(sockets)
  return new Resolver({ dial, sourceAddrs: udpSourceAddrs(dial), shareSockets: true, idna: true, ...options })
}
