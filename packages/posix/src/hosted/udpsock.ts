import type { Socket } from 'node:dgram'
import { UDPAddr } from '@net/addr'
import {
  ErrDeadlineExceeded,
  OpError,
  type ListenOptions,
  type UDPNetwork,
  type UDPSockGroup,
  checkNetwork,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { deadlineAt } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { DatagramHandle } from './datagram.ts'
import { hostError } from './errors.ts'
import { hostAddress, parseHostAddress, socketFamily, type Family } from './ipsock.ts'
import { refuseReusePort } from './host_features.ts'
import { HostedUDPConn } from './udpconn.ts'

/**
 * Waits for the event by which the host reports the outcome of a call on a socket. Rejects with a bare error.
 */
function outcome(socket: Socket, event: 'listening' | 'connect', call: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (e: Error): void => reject(hostError(e))
    socket.once('error', failed)
    socket.once(event, () => {
      socket.off('error', failed)
      resolve()
    })
    call()
  })
}

async function bound(family: Family, laddr: UDPAddr | null, options: HostOptions): Promise<Socket> {
  const { version, v6only } = family
  const address = hostAddress(version, laddr, true)
  const { createSocket } = process.getBuiltinModule('node:dgram') // only here, as the kernel's sockets need none of it
  const socket = createSocket({ type: `udp${version}`, ipv6Only: v6only, ...options })
  try {
    await outcome(socket, 'listening', () => {
      // Without `exclusive`, a worker of a cluster would get the primary's socket instead of its own.
      socket.bind({ address, port: laddr?.port ?? 0, exclusive: true })
    })
    socket.setBroadcast(true)
    return socket
  } catch (e) {
    socket.close()
    throw e
  }
}

interface HostOptions {
  readonly reuseAddr?: boolean
  readonly reusePort?: boolean
}

function addrOf({ address, port }: { address: string; port: number }): UDPAddr {
  const { ip, zone } = parseHostAddress(address)
  return new UDPAddr(ip, port, zone)
}

async function connected(network: UDPNetwork, laddr: UDPAddr | null, raddr: UDPAddr): Promise<HostedUDPConn> {
  const family = socketFamily(network, laddr, raddr, 'dial')
  const host = hostAddress(family.version, raddr, false)
  const socket = await bound(family, laddr, {})
  try {
    await outcome(socket, 'connect', () => socket.connect(raddr.port, host))
    const handle = new DatagramHandle(
      socket,
      network,
      addrOf(socket.address()),
      addrOf(socket.remoteAddress()),
    )
    return new HostedUDPConn(handle, family.version)
  } catch (e) {
    socket.close()
    throw hostError(e, 'connect')
  }
}

/**
 * Binds; a multicast address stands for its port on every address of its family, shared with other such
 * sockets.
 */
async function listened(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  options: ListenOptions,
): Promise<HostedUDPConn> {
  checkNetwork(network, 'udp')
  if (options.control !== undefined) throw ErrWindows
  refuseReusePort(options.reusePort)
  const family = socketFamily(network, laddr, null, 'listen')
  const multicast = laddr?.ip?.isMulticast === true
  if (multicast) hostAddress(family.version, laddr, true) // refuses an address of the other family
  const socket = await bound(family, multicast ? new UDPAddr(null, laddr.port) : laddr, {
    reuseAddr: options.reuseAddress ?? multicast,
    ...(options.reusePort === true ? { reusePort: true } : {}),
  })
  return new HostedUDPConn(
    new DatagramHandle(socket, network, addrOf(socket.address()), null),
    family.version,
  )
}

/** UDP over the host's sockets. */
export const hostedUDPSockGroup: UDPSockGroup = {
  async dialUDP(network, laddr, raddr, options = {}) {
    checkAddrs('a UDPAddr', laddr, raddr)
    options.signal?.throwIfAborted()
    try {
      checkNetwork(network, 'udp')
      if (raddr === null) throw missingAddress()
      if (options.control !== undefined) throw ErrWindows
      if (deadlineAt(options.deadline ?? null) <= performance.now()) throw ErrDeadlineExceeded
      return await connected(network, laddr, raddr)
    } catch (e) {
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
  },

  async listenUDP(network, laddr, options = {}) {
    checkAddrs('a UDPAddr', laddr)
    try {
      return await listened(network, laddr, options)
    } catch (e) {
      throw new OpError('listen', network, null, laddr, e as Error)
    }
  },

  async listenMulticastUDP(network, iface, gaddr, options = {}) {
    checkAddrs('a UDPAddr', gaddr)
    let conn: HostedUDPConn | null = null
    try {
      checkNetwork(network, 'udp')
      const group = gaddr?.ip ?? null
      if (group === null) throw missingAddress()
      conn = await listened(network, gaddr, options)
      if (iface !== null) conn.setMulticastInterface(iface)
      conn.setMulticastLoopback(false)
      conn.joinGroup(group, iface)
      return conn
    } catch (e) {
      void conn?.close()
      throw new OpError('listen', network, null, gaddr, e instanceof OpError ? e.cause : (e as Error))
    }
  },
}
