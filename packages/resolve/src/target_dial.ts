import { parseIPZone, splitHostPort, TCPAddr, UDPAddr } from '@net/addr'
import type { Conn, TCPSockGroup, UDPSockGroup } from '@net/contract'
import { connSockets } from './client/conn_socket.ts'
import type { OpenPacketSocket, PacketReceiver, PacketSocket } from './client/packet_socket.ts'
import type { FillRandom } from './order/random.ts'
import type { ServerDial } from './client/server_dial.ts'
import { Resolver } from './resolver.ts'
import { udpSourceAddrs, type ResolverOptions } from './lookup/resolver_options.ts'

/** The part of a target that a resolver asks servers with. */
export type ResolverSockets = Pick<TCPSockGroup, 'dialTCP'> &
  Pick<UDPSockGroup, 'dialUDP'> & {
    /**
     * Makes a socket of packets with less than a connection; null when it has to be one all the same. Throws when it cannot
     * be made. Absent means that there are only connections.
     */
    openPackets?(raddr: UDPAddr, receiver: PacketReceiver): PacketSocket | null
    /** Fills an array of up to 64 words with random numbers that cannot be guessed. Absent means that the host does. */
    readonly fillRandom?: FillRandom
  }

/** Gives the address of a server, host:port in numbers. Mostly one server is asked, so the last one is kept. */
function serverAddrs(): (server: string) => UDPAddr {
  let last = { server: '', addr: new UDPAddr(null, 0) }
  return (server) => {
    if (server !== last.server) last = { server, addr: udpAddr(server) }
    return last.addr
  }
}

/**
 * A dial over a target's sockets, for addresses that need no lookup: 'udp' or 'tcp', and host:port in
 * numbers.
 */
function targetDial(sockets: ResolverSockets): (...args: Parameters<ServerDial>) => Promise<Conn> {
  const addrOf = serverAddrs()
  return (network, address, options) => {
    const addr = addrOf(address)
    // A dial of packets sends nothing, so there is nothing to give up.
    return network === 'udp'
      ? sockets.dialUDP('udp', null, addr)
      : sockets.dialTCP('tcp', null, new TCPAddr(addr.ip, addr.port, addr.zone), options)
  }
}

/** The sockets of packets of a target, over connections of a dial where it has none. */
function targetPackets(sockets: ResolverSockets, dial: ServerDial): OpenPacketSocket {
  const overConns = connSockets(dial)
  const addrOf = serverAddrs()
  return (server, receiver, end) =>
    sockets.openPackets?.(addrOf(server), receiver) ?? overConns(server, receiver, end)
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
  // Who has a dial of their own wants packets over it, too.
  const openPackets = options.dial === undefined ? targetPackets(sockets, dial) : undefined
  return new Resolver({
    dial,
    openPackets,
    fillRandom: sockets.fillRandom,
    sourceAddrs: udpSourceAddrs(dial),
    shareSockets: true,
    idna: true,
    ...options,
  })
}
