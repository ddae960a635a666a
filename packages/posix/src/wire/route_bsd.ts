// Constants of net/route.h and net/if.h: the messages of route(4), which sysctl(3) gives as a list.
import { HardwareAddr, IP, IPAddr, IPMask, IPNet } from '@net/addr'
import { littleEndian, viewOf } from './netlink.ts'

/** The messages that are read here. */
export const rtm = { RTM_NEWADDR: 12, RTM_IFINFO: 14 } as const

const RTM_VERSION = 5
const RTAX_NETMASK = 2
const RTAX_IFP = 4
const RTAX_IFA = 5
const RTAX_MAX = 8
const AF_INET = 2
const AF_LINK = 18

/*
 * Every message begins with its length (2 bytes), version and type. What follows differs; offsets in bytes:
 *
 *                       addrs  flags  index  addresses begin at        mtu (if_msghdr)
 *   darwin                  4      8     12  the end of the structure  24
 *   freebsd, _msghdrl       4      8     12  u16 at 16                 u16 at 18, and 8
 *   openbsd                12     16      6  u16 at 4                  28
 *
 * `addrs` is a set of bits, one for each address that follows; RTAX_IFP (the interface) and RTAX_IFA (its address) are among
 * them. Addresses are padded to a multiple of `align`; one of length 0 takes up `align` bytes.
 */

/** How one kernel lays out its routing messages. */
export interface RoutingLayout {
  /** To what addresses are padded, in bytes. */
  readonly align: 4 | 8
  /** AF_INET6 of the kernel. */
  readonly AF_INET6: number
  /** Where the set of addresses stands. */
  readonly addrs: number
  /** Where the flags stand. */
  readonly flags: number
  /** Where the interface's number stands. */
  readonly index: number
  /** The type of messages about multicast groups; 0 where there are none. */
  readonly multicast: number
  /** Where the addresses of a message of this type begin. */
  body(type: number, m: DataView): number
  /** Where the MTU stands in a message about an interface. */
  mtu(m: DataView): number
}

const SizeofIfMsghdrDarwin = 112
const SizeofIfaMsghdrDarwin = 20 // and that of struct ifma_msghdr2
const SizeofIfmaMsghdrFreeBSD = 16

/** The kernels' layouts. */
export const layouts = {
  darwin: {
    align: 4,
    AF_INET6: 30,
    addrs: 4,
    flags: 8,
    index: 12,
    multicast: 19, // RTM_NEWMADDR2
    body: (type) => (type === rtm.RTM_IFINFO ? SizeofIfMsghdrDarwin : SizeofIfaMsghdrDarwin),
    mtu: () => 24,
  },
  freebsd: {
    align: 8,
    AF_INET6: 28,
    addrs: 4,
    flags: 8,
    index: 12,
    multicast: 15, // RTM_NEWMADDR
    body: (type, m) => (type === 15 ? SizeofIfmaMsghdrFreeBSD : number16(m, 16)),
    mtu: (m) => number16(m, 18) + 8,
  },
  openbsd: {
    align: 8,
    AF_INET6: 24,
    addrs: 12,
    flags: 16,
    index: 6,
    multicast: 0,
    body: (_type, m) => number16(m, 4),
    mtu: () => 28,
  },
} as const satisfies Record<string, RoutingLayout>

// Only the kernel vouches for the length of a message, so numbers past its end read as 0.
function number16(m: DataView, at: number): number {
  return at + 2 <= m.byteLength ? m.getUint16(at, littleEndian) : 0
}

function number32(m: DataView, at: number): number {
  return at + 4 <= m.byteLength ? m.getUint32(at, littleEndian) : 0
}

/** A message of the list: a view of it. */
interface RoutingMessage {
  readonly type: number
  readonly index: number
  readonly b: Uint8Array
  readonly view: DataView
}

/**
 * Splits a list into its messages; null when a length in it is not possible. Messages of another version are
 * left out.
 */
function parseMessages(rib: Uint8Array, layout: RoutingLayout): RoutingMessage[] | null {
  const messages: RoutingMessage[] = []
  const list = viewOf(rib)
  for (let at = 0; at < rib.byteLength;) {
    const length = number16(list, at)
    if (length < 4 || length > rib.byteLength - at) return null
    const b = rib.subarray(at, at + length)
    const view = viewOf(b)
    const [, , version, type = 0] = b
    if (version === RTM_VERSION) messages.push({ type, index: number16(view, layout.index), b, view })
    at += length
  }
  return messages
}

/**
 * Finds the addresses of a message by their RTAX number: each a view that ends with the message at the
 * latest.
 */
function parseAddrs(m: RoutingMessage, layout: RoutingLayout): (Uint8Array | undefined)[] {
  const set = number32(m.view, layout.addrs)
  const addrs: (Uint8Array | undefined)[] = []
  let at = layout.body(m.type, m.view)
  for (let i = 0; i < RTAX_MAX && at < m.b.byteLength; i++) {
    if ((set & (1 << i)) === 0) continue
    const length = m.b[at] ?? 0
    addrs[i] = m.b.subarray(at, at + length)
    at += length === 0 ? layout.align : (length + layout.align - 1) & ~(layout.align - 1)
  }
  return addrs
}

/** An interface in the list. */
export interface RoutingLink {
  /** Its number. */
  readonly index: number
  /** Its name. */
  readonly name: string
  /** The largest packet it sends, in bytes. */
  readonly mtu: number
  /** Its link-layer address, or null. */
  readonly hardwareAddr: HardwareAddr | null
  /** The IFF flags of the kernel. */
  readonly flags: number
}

/** The interfaces in a list; null when it is malformed. */
export function parseLinks(rib: Uint8Array, layout: RoutingLayout): RoutingLink[] | null {
  const messages = parseMessages(rib, layout)
  if (messages === null) return null
  return messages.flatMap((m) => {
    const address = m.type === rtm.RTM_IFINFO ? parseAddrs(m, layout)[RTAX_IFP] : undefined
    const link = address === undefined ? null : parseLinkAddr(address)
    if (link === null) return []
    const flags = number32(m.view, layout.flags)
    return [{ ...link, index: m.index, mtu: number32(m.view, layout.mtu(m.view)), flags }]
  })
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/*
 * struct sockaddr_dl, link_addr(3)
 *   0        1        2       4      5             6                7                  8
 *   +--------+--------+-------+------+-------------+----------------+-----------------+------+---------
 *   | length | family | index | type | name length | address length | selector length | name | address
 *   +--------+--------+-------+------+-------------+----------------+-----------------+------+---------
 * A length of 255 says that there is none.
 */
function parseLinkAddr(b: Uint8Array): { name: string; hardwareAddr: HardwareAddr | null } | null {
  const [, family, , , , name = 0, address = 0] = b
  if (family !== AF_LINK || b.byteLength < 8) return null
  const start = 8 + (name === 255 ? 0 : name)
  const end = start + (address === 255 ? 0 : address)
  if (end > b.byteLength) return null
  return {
    name: decoder.decode(b.subarray(8, start)),
    hardwareAddr: end === start ? null : HardwareAddr.from(b.subarray(start, end)),
  }
}

/**
 * The addresses in a list of the interface of this number, or of all when it is 0; null when the list is
 * malformed.
 */
export function parseLinkAddrs(rib: Uint8Array, layout: RoutingLayout, index: number): IPNet[] | null {
  const messages = parseMessages(rib, layout)
  if (messages === null) return null
  return messages.flatMap((m) => {
    if (m.type !== rtm.RTM_NEWADDR || (index !== 0 && m.index !== index)) return []
    const addrs = parseAddrs(m, layout)
    const ip = parseIP(addrs[RTAX_IFA], layout)
    const mask = addrs[RTAX_NETMASK]
    return ip === null || mask === undefined ? [] : [new IPNet(ip, parseMask(mask, ip.byteLength))]
  })
}

/** The groups in a list that the interface of this number has joined; null when the list is malformed. */
export function parseGroups(rib: Uint8Array, layout: RoutingLayout, index: number): IPAddr[] | null {
  const messages = parseMessages(rib, layout)
  if (messages === null) return null
  return messages.flatMap((m) => {
    if (m.type !== layout.multicast || m.index !== index) return []
    const ip = parseIP(parseAddrs(m, layout)[RTAX_IFA], layout)
    return ip === null ? [] : [new IPAddr(ip)]
  })
}

// struct sockaddr_in has its address at 4, struct sockaddr_in6 at 8.
function parseIP(b: Uint8Array | undefined, layout: RoutingLayout): IP | null {
  const family = b?.[1]
  if (b === undefined) return null
  if (family === AF_INET) return b.byteLength < 8 ? null : IP.from(b.subarray(4, 8))
  if (family !== layout.AF_INET6 || b.byteLength < 24) return null
  const octets = b.slice(8, 24)
  // The kernel stores the interface's number in the third and fourth byte of a link-local address.
  if (isLinkLocal(octets)) octets.fill(0, 2, 4)
  return IP.from(octets)
}

function isLinkLocal([a = 0, b = 0]: Uint8Array): boolean {
  return (a === 0xfe && (b & 0xc0) === 0x80) || (a === 0xff && ((b & 0xf) === 1 || (b & 0xf) === 2))
}

// The kernel cuts a mask off after its last byte that is not 0, and its family may be anything: the address
// tells the length.
function parseMask(b: Uint8Array, byteLength: 4 | 16): IPMask {
  const octets = new Uint8Array(byteLength)
  octets.set(byteLength === 4 ? b.subarray(4, 8) : b.subarray(8, 24))
  return IPMask.from(octets)
}
