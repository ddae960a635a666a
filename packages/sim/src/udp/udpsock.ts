import { UDPAddr } from '@net/addr'
import {
  checkNetwork,
  missingAddress,
  OpError,
  type Interface,
  type ListenOptions,
  type UDPConn,
  type UDPNetwork,
  type UDPSockGroup,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { anyOf, ipOf, isAny } from '../ip/address.ts'
import { checkDial } from '../socket/dial.ts'
import { callError } from '../socket/errno.ts'
import { familyOf, localText, remoteText, type Family } from '../socket/family.ts'
import { Socket, type Register } from '../socket/socket.ts'
import type { Endpoint } from './endpoint.ts'
import type { UDP } from './udp.ts'
import { SimUDPConn } from './udpconn.ts'

/** UDP of a simulated host. */
export function udpSockGroup(udp: UDP, register: Register): UDPSockGroup {
  const made = (network: string, endpoint: Endpoint, family: Family): SimUDPConn => {
    const { addr, port, peer } = endpoint
    const remote = peer === null ? null : new UDPAddr(ipOf(peer.addr), peer.port)
    const socket = new Socket(udp.ip.time, register, network, new UDPAddr(ipOf(addr), port), remote)
    return new SimUDPConn(socket, udp, endpoint, family)
  }
  const listen = (network: UDPNetwork, laddr: UDPAddr | null, options: ListenOptions): SimUDPConn => {
    checkNetwork(network, 'udp')
    if (options.control !== undefined) throw ErrUnsupported
    const family = familyOf(network, laddr, null, 'listen')
    const multicast = laddr?.ip?.isMulticast === true
    const text = localText(family, laddr) // refuses an address of the other family
    const addr = multicast ? anyOf(family.version) : text
    const share = options.reusePort === true || (options.reuseAddress ?? multicast)
    const endpoint = udp.bind({ addr, port: laddr?.port ?? 0, dual: family.dual, share }, null)
    if (typeof endpoint === 'string') throw callError('bind', endpoint)
    return made(network, endpoint, family)
  }
  return {
    async dialUDP(network, laddr, raddr, options = {}) {
      options.signal?.throwIfAborted()
      try {
        checkNetwork(network, 'udp')
        if (raddr === null) throw missingAddress()
        if (options.control !== undefined) throw ErrUnsupported
        checkDial(options)
        return dial(network, laddr, raddr)
      } catch (e) {
        throw new OpError('dial', network, laddr, raddr, e as Error)
      }
    },

    async listenUDP(network, laddr, options = {}) {
      try {
        return listen(network, laddr, options)
      } catch (e) {
        throw new OpError('listen', network, null, laddr, e as Error)
      }
    },

    async listenMulticastUDP(network, iface, gaddr, options = {}) {
      let conn: SimUDPConn | null = null
      try {
        checkNetwork(network, 'udp')
        if (gaddr === null) throw missingAddress()
        if (gaddr.ip === null) throw missingAddress()
        conn = listen(network, gaddr, options)
        joined(conn, iface, gaddr)
        return conn
      } catch (e) {
        void conn?.close()
        throw new OpError('listen', network, null, gaddr, e instanceof OpError ? e.cause : (e as Error))
      }
    },
  }

  function dial(network: UDPNetwork, laddr: UDPAddr | null, raddr: UDPAddr): UDPConn {
    const family = familyOf(network, laddr, raddr, 'dial')
    const peer = { addr: remoteText(family, raddr), port: raddr.port }
    const source = udp.ip.source(peer.addr)
    if ('error' in source) throw callError('connect', source.error)
    const own = localText(family, laddr)
    const addr = isAny(own) ? source.addr : own
    const endpoint = udp.bind({ addr, port: laddr?.port ?? 0, dual: false, share: false }, peer)
    if (typeof endpoint === 'string') throw callError('bind', endpoint)
    return made(network, endpoint, family)
  }
}

function joined(conn: SimUDPConn, iface: Interface | null, { ip }: UDPAddr): void {
  if (iface !== null) conn.setMulticastInterface(iface)
  conn.setMulticastLoopback(false)
  if (ip !== null) conn.joinGroup(ip, iface)
}
