// Structs and options of netinet/in.h: ip(7), ipv6(7), RFC 3678.
import type { IP } from '@net/addr'
import type { InterfaceName } from '@net/contract'
import { ENOPROTOOPT } from '../abi/errno.ts'
import { packetABI } from '../abi/ip.ts'
import { abi } from '../abi/system.ts'
import { familyOf, sockaddrOut, putInet } from '../wire/sockaddr.ts'
import { setsockoptInt } from '../sys/sockopt.ts'
import { ifNameToIndex, setsockopt } from '../sys/syscall.ts'

/*
 * struct group_source_req                              struct ip_mreqn               struct ipv6_mreq
 *  0       4     g        g+128      g+256              0       4         8     12    0            16      20
 *  +-------+-----+--------+----------+                  +-------+---------+-----+     +------------+-------+
 *  | index | pad | group  | source   |                  | group | address |index|     | group      | index |
 *  +-------+-----+--------+----------+                  +-------+---------+-----+     +------------+-------+
 * The group and the source are socket addresses; struct group_req has no source. g is 8, on darwin 4. struct ip_mreq is
 * ip_mreqn without the index.
 */
const g = packetABI.groupOffset
const SizeofSockaddrStorage = 128
const request = new Uint8Array(g + 2 * SizeofSockaddrStorage)
const requestView = new DataView(request.buffer)

/**
 * The number of an interface, 0 for the system's choice. Throws a bare error when no interface has the name.
 */
export function interfaceIndex(iface: InterfaceName | undefined): number {
  if (iface === null || iface === undefined) return 0
  if (typeof iface === 'number') return checkIndex(iface)
  if (typeof iface === 'object' && typeof iface.index === 'number') return checkIndex(iface.index)
  if (typeof iface !== 'string') throw new TypeError('the interface is not an Interface, a name or a number')
  const index = ifNameToIndex(iface)
  if (index === 0) throw new Error('no such network interface')
  return index
}

function checkIndex(index: number): number {
  if (!Number.isInteger(index) || index < 0 || index > 0x7fffffff) {
    throw new Error('invalid network interface index')
  }
  return index
}

function levelOf(ip: IP): number {
  return familyOf(ip) === abi.AF_INET ? abi.IPPROTO_IP : abi.IPPROTO_IPV6
}

function putSockaddr(at: number, ip: IP): void {
  const length = putInet(familyOf(ip), ip, 0, '')
  request.fill(0, at, at + SizeofSockaddrStorage)
  request.set(sockaddrOut.subarray(0, length), at)
}

/**
 * Joins (or leaves) a group on the interface of a number, for the packets of one source if there is one.
 * Gives 0 or a negated error number.
 */
export function setMembership(
  fd: number,
  join: boolean,
  group: IP,
  index: number,
  source: IP | null,
): number {
  const t = packetABI
  if (t.MCAST_JOIN_GROUP === 0) return setMembershipPlain(fd, join, group, index, source)
  requestView.setUint32(0, index, true)
  requestView.setUint32(4, 0)
  putSockaddr(g, group)
  if (source === null) {
    const option = join ? t.MCAST_JOIN_GROUP : t.MCAST_LEAVE_GROUP
    return setsockopt(fd, levelOf(group), option, request, g + SizeofSockaddrStorage)
  }
  putSockaddr(g + SizeofSockaddrStorage, source)
  const option = join ? t.MCAST_JOIN_SOURCE_GROUP : t.MCAST_LEAVE_SOURCE_GROUP
  return setsockopt(fd, levelOf(group), option, request, request.byteLength)
}

// Openbsd lacks the options of RFC 3678.
function setMembershipPlain(fd: number, join: boolean, group: IP, index: number, source: IP | null): number {
  if (source !== null) return ENOPROTOOPT
  const v4 = group.to4()
  if (v4 !== null) return setIPv4Membership(fd, join, v4, null, index)
  request.set(group.bytes())
  requestView.setUint32(16, index, true)
  const option = join ? packetABI.IPV6_JOIN_GROUP : packetABI.IPV6_LEAVE_GROUP
  return setsockopt(fd, abi.IPPROTO_IPV6, option, request, 20)
}

/** The same for an IPv4 group on the interface that has an address, or, when that is null, has a number. */
export function setIPv4Membership(
  fd: number,
  join: boolean,
  group: IP,
  ifAddr: IP | null,
  index = 0,
): number {
  request.fill(0, 0, 12)
  request.set(group.bytes())
  if (ifAddr !== null) request.set(ifAddr.bytes(), 4)
  requestView.setUint32(8, index, true)
  const option = join ? packetABI.IP_ADD_MEMBERSHIP : packetABI.IP_DROP_MEMBERSHIP
  return setsockopt(fd, abi.IPPROTO_IP, option, request, ifAddr === null ? 12 : 8)
}

/**
 * IP_MULTICAST_IF, ip(7): the interface that multicast packets go out by, by its number; 0 for the system's
 * choice.
 */
export function setIPv4Interface(fd: number, index: number): number {
  request.fill(0, 0, 12)
  requestView.setUint32(8, index, true)
  return setsockopt(fd, abi.IPPROTO_IP, packetABI.IP_MULTICAST_IF, request, 12)
}

/** IPV6_MULTICAST_IF, ipv6(7). */
export function setIPv6Interface(fd: number, index: number): number {
  return setsockoptInt(fd, abi.IPPROTO_IPV6, packetABI.IPV6_MULTICAST_IF, index)
}

// The BSDs accept only a byte, linux an int, too.
function setIPv4Small(fd: number, option: number, value: number): number {
  if (abi.has.intMulticastOptions) return setsockoptInt(fd, abi.IPPROTO_IP, option, value)
  request[0] = value
  return setsockopt(fd, abi.IPPROTO_IP, option, request, 1)
}

/** IP_MULTICAST_LOOP, ip(7), and IPV6_MULTICAST_LOOP, ipv6(7). */
export function setLoopback(fd: number, level: number, on: boolean): number {
  const value = on ? 1 : 0
  if (level === abi.IPPROTO_IP) return setIPv4Small(fd, packetABI.IP_MULTICAST_LOOP, value)
  return setsockoptInt(fd, level, packetABI.IPV6_MULTICAST_LOOP, value)
}

/**
 * IP_MULTICAST_TTL, ip(7), and IPV6_MULTICAST_HOPS, ipv6(7). The kernel takes 0 to 255, and -1 for its
 * default.
 */
export function setMulticastTTL(fd: number, level: number, ttl: number): number {
  if (level === abi.IPPROTO_IP) return setIPv4Small(fd, packetABI.IP_MULTICAST_TTL, ttl)
  return setsockoptInt(fd, level, packetABI.IPV6_MULTICAST_HOPS, ttl)
}
