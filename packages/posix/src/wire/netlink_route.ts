// Constants of linux/rtnetlink.h, if_link.h, if_addr.h and if_arp.h: interfaces, addresses and routes of
// rtnetlink(7).
import { cidrMask, HardwareAddr, IP, IPNet, IPMask } from '@net/addr'
import { parseAttributes, textAttribute, uint32Attribute, viewOf, littleEndian, align4 } from './netlink.ts'
import type { Attributes } from './netlink.ts'

/** The messages about interfaces, addresses and routes. */
export const rtm = {
  RTM_NEWLINK: 16,
  RTM_DELLINK: 17,
  RTM_GETLINK: 18,
  RTM_NEWADDR: 20,
  RTM_DELADDR: 21,
  RTM_GETADDR: 22,
  RTM_NEWROUTE: 24,
  RTM_DELROUTE: 25,
} as const

/** The groups of events, as bits of a netlink address (RTMGRP). */
export const rtmgrp = {
  RTMGRP_LINK: 0x1,
  RTMGRP_IPV4_IFADDR: 0x10,
  RTMGRP_IPV4_ROUTE: 0x40,
  RTMGRP_IPV6_IFADDR: 0x100,
  RTMGRP_IPV6_ROUTE: 0x400,
} as const

const AF_UNSPEC = 0
const AF_INET = 2
const AF_INET6 = 10

/** The size of struct ifinfomsg, in bytes. */
export const SizeofIfInfomsg = 16
/** The size of struct ifaddrmsg, in bytes. */
export const SizeofIfAddrmsg = 8
/** The size of struct rtmsg, in bytes. */
export const SizeofRtMsg = 12
/** The size of struct rtnexthop, in bytes. */
export const SizeofRtNexthop = 8

const IFLA_ADDRESS = 1
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_WIRELESS = 11

const ARPHRD_TUNNEL = 768 // IPv4 in IPv4
const ARPHRD_TUNNEL6 = 769 // IPv6 in IPv6
const ARPHRD_SIT = 776 // IPv6 in IPv4
const ARPHRD_IPGRE = 778 // GRE over IPv4
const ARPHRD_IP6GRE = 823 // GRE over IPv6

const tunnels: Readonly<Record<number, readonly number[]>> = {
  4: [ARPHRD_TUNNEL, ARPHRD_SIT, ARPHRD_IPGRE],
  16: [ARPHRD_TUNNEL6, ARPHRD_IP6GRE],
}

/** An interface as the kernel tells it. */
export interface Link {
  /** Its number. */
  readonly index: number
  /** Its name. */
  readonly name: string
  /** The largest packet it sends, in bytes. */
  readonly mtu: number
  /** Its link-layer address, or null. */
  readonly hardwareAddr: HardwareAddr | null
  /** The IFF flags of netdevice(7). */
  readonly flags: number
}

/**
 * Reads a message about an interface: struct ifinfomsg and its attributes. Null for what is malformed and for
 * what is not about an interface as such: ports of bridges and events of wireless drivers come in the same
 * messages.
 *
 *   0        1     2      4       8       12      16
 *   +--------+-----+------+-------+-------+-------+-----------
 *   | family | pad | type | index | flags | change| attributes
 *   +--------+-----+------+-------+-------+-------+-----------
 */
export function parseLink(payload: Uint8Array): Link | null {
  const attributes = parseAttributes(payload, SizeofIfInfomsg)
  if (attributes === null || payload[0] !== AF_UNSPEC || attributes.has(IFLA_WIRELESS)) return null
  const view = viewOf(payload)
  return {
    index: view.getInt32(4, littleEndian),
    name: textAttribute(attributes, IFLA_IFNAME),
    mtu: uint32Attribute(attributes, IFLA_MTU, 0),
    hardwareAddr: hardwareAddr(attributes.get(IFLA_ADDRESS), view.getUint16(2, littleEndian)),
    flags: view.getUint32(8, littleEndian),
  }
}

// The link-layer address of a tunnel is an IP address, and that of a loopback device is all zeros: neither is
// a hardware address.
function hardwareAddr(value: Uint8Array | undefined, type: number): HardwareAddr | null {
  if (value === undefined || tunnels[value.byteLength]?.includes(type)) return null
  return value.some((octet) => octet !== 0) ? HardwareAddr.from(value) : null
}

const IFA_ADDRESS = 1
const IFA_LOCAL = 2

/** An address of an interface as the kernel tells it. */
export interface LinkAddr {
  /** The interface's number. */
  readonly index: number
  /** The interface's own address, with the mask of the network it is in. */
  readonly addr: IPNet
}

/**
 * Reads a message about an address: struct ifaddrmsg and its attributes. Null for what is malformed and for
 * families other than IPv4 and IPv6.
 *
 *   0        1        2       3       4       8
 *   +--------+--------+-------+-------+-------+-----------
 *   | family | prefix | flags | scope | index | attributes
 *   +--------+--------+-------+-------+-------+-----------
 */
export function parseLinkAddr(payload: Uint8Array): LinkAddr | null {
  const attributes = parseAttributes(payload, SizeofIfAddrmsg)
  if (attributes === null) return null
  const [family = 0, prefix = 0] = payload
  // On a point-to-point link IFA_ADDRESS is the address of the other end, and IFA_LOCAL our own.
  const ip = ipOf(family, attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS))
  const mask = maskOf(family, prefix)
  if (ip === null || mask === null) return null
  return { index: viewOf(payload).getUint32(4, littleEndian), addr: new IPNet(ip, mask) }
}

function ipOf(family: number, value: Uint8Array | undefined): IP | null {
  const length = lengthOf(family)
  return length !== 0 && value?.byteLength === length ? IP.from(value) : null
}

function maskOf(family: number, prefix: number): IPMask | null {
  const length = lengthOf(family)
  return length === 0 ? null : cidrMask(prefix, length * 8)
}

function lengthOf(family: number): 0 | 4 | 16 {
  return family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0
}

const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_PREFSRC = 7
const RTA_MULTIPATH = 9
const RTA_TABLE = 15
const RTA_VIA = 18
const RTM_F_CLONED = 0x200

const routeTypes = [
  'unspecified',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'external',
] as const

/** What becomes of packets on a route (RTN of rtnetlink(7)); 'other' is what this package has no word for. */
export type RouteType = (typeof routeTypes)[number] | 'other'

/** Where packets on a route go next. */
export interface NextHop {
  /** The number of the interface they leave by, 0 when the route names none. */
  readonly index: number
  /** The router they go to, or null when the destination is on the link itself. */
  readonly gateway: IP | null
  /** Its share of the packets among the route's next hops, from 1. */
  readonly weight: number
}

/** A route as the kernel tells it. */
export interface Route {
  /** The network it leads to; 0.0.0.0/0 and ::/0 are the default routes. */
  readonly destination: IPNet
  /** What becomes of the packets. */
  readonly type: RouteType
  /** Where they go; none for routes that drop packets. */
  readonly nextHops: readonly NextHop[]
  /** The address that packets from here carry, or null when the route does not say. */
  readonly source: IP | null
  /** The routing table: 254 is the main one, 255 that of the machine's own addresses. */
  readonly table: number
  /** The metric, a number without a unit: of routes to one destination the lowest is taken. */
  readonly metric: number
}

/**
 * Reads a message about a route: struct rtmsg and its attributes. Null for what is malformed, for families
 * other than IPv4 and IPv6, and for entries that the kernel cached.
 *
 *   0        1         2         3     4       5          6       7      8       12
 *   +--------+---------+---------+-----+-------+----------+-------+------+-------+-----------
 *   | family | dst len | src len | tos | table | protocol | scope | type | flags | attributes
 *   +--------+---------+---------+-----+-------+----------+-------+------+-------+-----------
 */
export function parseRoute(payload: Uint8Array): Route | null {
  const attributes = parseAttributes(payload, SizeofRtMsg)
  if (attributes === null) return null
  const [family = 0, prefix = 0, , , table = 0, , , type = 0] = payload
  if ((viewOf(payload).getUint32(8, littleEndian) & RTM_F_CLONED) !== 0) return null
  const any = new Uint8Array(lengthOf(family))
  const ip = ipOf(family, attributes.get(RTA_DST) ?? any)
  const mask = maskOf(family, prefix)
  const nextHops = parseNextHops(family, attributes)
  if (ip === null || mask === null || nextHops === null) return null
  return {
    destination: new IPNet(ip, mask),
    type: routeTypes[type] ?? 'other',
    nextHops,
    source: ipOf(family, attributes.get(RTA_PREFSRC)),
    table: uint32Attribute(attributes, RTA_TABLE, table),
    metric: uint32Attribute(attributes, RTA_PRIORITY, 0),
  }
}

function parseNextHops(family: number, attributes: Attributes): NextHop[] | null {
  const several = attributes.get(RTA_MULTIPATH)
  if (several !== undefined) return parseMultipath(family, several)
  const index = uint32Attribute(attributes, RTA_OIF, 0)
  const gateway = gatewayOf(family, attributes)
  return index === 0 && gateway === null ? [] : [{ index, gateway, weight: 1 }]
}

/*
 * struct rtnexthop
 *   0        2       3      4       8
 *   +--------+-------+------+-------+-----------
 *   | length | flags | hops | index | attributes       hops is the weight less 1
 *   +--------+-------+------+-------+-----------
 */
function parseMultipath(family: number, b: Uint8Array): NextHop[] | null {
  const view = viewOf(b)
  const hops: NextHop[] = []
  for (let at = 0; at < b.byteLength;) {
    if (b.byteLength - at < SizeofRtNexthop) return null
    const length = view.getUint16(at, littleEndian)
    if (length < SizeofRtNexthop || length > b.byteLength - at) return null
    const attributes = parseAttributes(b.subarray(at, at + length), SizeofRtNexthop)
    if (attributes === null) return null
    hops.push({
      index: view.getUint32(at + 4, littleEndian),
      gateway: gatewayOf(family, attributes),
      weight: view.getUint8(at + 3) + 1,
    })
    at += align4(length)
  }
  return hops
}

// A router of the other family comes as struct rtvia: its family in 2 bytes, then its address.
function gatewayOf(family: number, attributes: Attributes): IP | null {
  const via = attributes.get(RTA_VIA)
  if (via !== undefined && via.byteLength >= 2) {
    return ipOf(viewOf(via).getUint16(0, littleEndian), via.subarray(2))
  }
  return ipOf(family, attributes.get(RTA_GATEWAY))
}
