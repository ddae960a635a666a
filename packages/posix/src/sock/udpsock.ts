import { UDPAddr, type IP } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type Interface,
  type ListenOptions,
  type UDPConn,
  type UDPNetwork,
  type UDPSockGroup,
  checkNetwork,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { abi } from '../abi/system.ts'
import type { FD } from '../fd/fd.ts'
import { socketNames, type Names } from '../fd/names.ts'
import { inetSpec, putAddr } from './ipsock.ts'
import { setIPv4Interface, setIPv6Interface, setLoopback, setMembership } from './multicast.ts'
import { dialSocket, listenSocket, must, type SocketSpec } from '../fd/sock.ts'
import { getUDPAddr } from '../wire/sockaddr.ts'
import { PosixUDPConn } from './udpconn.ts'

/** How to ask for the addresses of a UDP socket. */
export const udpNames: Names = socketNames(getUDPAddr)

function spec(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  raddr: UDPAddr | null,
  mode: 'dial' | 'listen',
): SocketSpec {
  checkNetwork(network, 'udp')
  const kind = { net: network, sotype: abi.SOCK_DGRAM, proto: abi.IPPROTO_UDP, names: udpNames }
  return inetSpec(kind, laddr, raddr, mode)
}

function isMulticast(laddr: UDPAddr | null): laddr is UDPAddr {
  return laddr?.ip?.isMulticast === true
}

/**
 * Binds; a multicast address stands for its port on every address of its family, shared with other such
 * sockets.
 */
function bound(network: UDPNetwork, laddr: UDPAddr | null, options: ListenOptions): UDPConnParts {
  const s = spec(network, laddr, null, 'listen')
  if (!isMulticast(laddr)) return { fd: listenSocket(s, options), family: s.family }
  putAddr(s.family, laddr) // refuses an address of the other family
  const any = new UDPAddr(null, laddr.port)
  const reuse = { reuseAddress: true, reusePort: !abi.has.sharedMulticastPorts }
  const wildcard: SocketSpec = { ...s, laddr: any, putLocal: () => putAddr(s.family, any) }
  return { fd: listenSocket(wildcard, { ...reuse, ...options }), family: s.family }
}

interface UDPConnParts {
  readonly fd: FD
  readonly family: number
}

/**
 * Binds at once: the address is there when it returns. Throws an {@link OpError}.
 *
 * @example
 * ```ts
 * import { parseIP, UDPAddr } from '@net/addr'
 * import { listenUDPSync } from '@net/posix'
 *
 * const conn = listenUDPSync('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
 * console.log(conn.localAddr.port > 0) // true
 * await conn.close()
 * ```
 */
export function listenUDPSync(
  network: UDPNetwork,
  laddr: UDPAddr | null,
  options: ListenOptions = {},
): UDPConn {
  checkAddrs('a UDPAddr', laddr)
  try {
    const { fd, family } = bound(network, laddr, options)
    return new PosixUDPConn(fd, family, false)
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/**
 * Makes a socket that has joined a group on an interface, at once. Throws an {@link OpError}.
 *
 * @example
 * ```ts
 * import { IP, UDPAddr } from '@net/addr'
 * import { listenMulticastUDPSync } from '@net/posix'
 *
 * const group = new UDPAddr(IP.from([239, 1, 2, 3]), 0)
 * try {
 *   const conn = listenMulticastUDPSync('udp4', null, group)
 *   await conn.close()
 * } catch {
 *   // No interface has a way to the group.
 * }
 * ```
 */
export function listenMulticastUDPSync(
  network: UDPNetwork,
  iface: Interface | null,
  gaddr: UDPAddr | null,
  options: ListenOptions = {},
): UDPConn {
  checkAddrs('a UDPAddr', gaddr)
  try {
    checkNetwork(network, 'udp')
    const group = gaddr?.ip ?? null
    if (group === null) throw missingAddress()
    const { fd, family } = bound(network, gaddr, options)
    try {
      join(fd.fd, group, iface?.index ?? 0)
    } catch (e) {
      void fd.close()
      throw e
    }
    return new PosixUDPConn(fd, family, false)
  } catch (e) {
    throw new OpError('listen', network, null, gaddr, e as Error)
  }
}

function join(fd: number, group: IP, index: number): void {
  const v4 = group.to4() !== null
  if (index !== 0) must('setsockopt', v4 ? setIPv4Interface(fd, index) : setIPv6Interface(fd, index))
  must('setsockopt', setLoopback(fd, v4 ? abi.IPPROTO_IP : abi.IPPROTO_IPV6, false))
  must('setsockopt', setMembership(fd, true, group, index, null))
}

/** UDP over the kernel's sockets. */
export const udpSockGroup: UDPSockGroup = {
  async dialUDP(network, laddr, raddr, options: DialOptions = {}) {
    checkAddrs('a UDPAddr', laddr, raddr)
    let s: SocketSpec
    try {
      s = spec(network, laddr, raddr, 'dial')
      if (raddr === null) throw missingAddress()
    } catch (e) {
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
    const fd = await dialSocket(s, options)
    return new PosixUDPConn(fd, s.family, true)
  },

  async listenUDP(network, laddr, options) {
    return await Promise.resolve(listenUDPSync(network, laddr, options))
  },

  async listenMulticastUDP(network, iface, gaddr, options) {
    return await Promise.resolve(listenMulticastUDPSync(network, iface, gaddr, options))
  },
}
