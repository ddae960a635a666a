import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  layouts,
  parseGroups,
  parseLinkAddrs,
  parseLinks,
  rtm,
  type RoutingLayout,
} from '../src/wire/route_bsd.ts'
import { arches, bsds, constants } from './constants.ts'
import { concat, garbage, text, uint32 } from './netlink_bytes.ts'

const check = ledger(keepLeaks())
afterAll(check)

type System = (typeof bsds)[number]

const RTAX_NETMASK = 2
const RTAX_IFP = 4
const RTAX_IFA = 5
const RTAX_BRD = 7
const AF_INET = 2
const AF_LINK = 18

const uint16 = (n: number): number[] => [n & 0xff, n >> 8]

/**
 * The structures before the addresses, written from the headers: struct if_msghdr, ifa_msghdr and ifma_msghdr of net/if.h. They
 * begin with the length of the message, which is filled in later.
 */
const structures: Record<
  System,
  Record<'link' | 'addr' | 'group', (addrs: number, index: number) => number[]>
> = {
  darwin: {
    // ifm_msglen, version, type, ifm_addrs, ifm_flags, ifm_index, then struct if_data with ifi_mtu at 8
    link: (addrs, index) => [
      ...[0, 0, 5, 14, ...uint32(addrs), ...uint32(0x8863), ...uint16(index), 0, 0],
      ...[6, 0, 6, 14, 0, 0, 0, 0, ...uint32(1500), ...new Uint8Array(84)],
    ],
    // ifam_msglen, version, type, ifam_addrs, ifam_flags, ifam_index, ifam_metric
    addr: (addrs, index) => [
      0,
      0,
      5,
      12,
      ...uint32(addrs),
      ...uint32(0),
      ...uint16(index),
      0,
      0,
      ...uint32(0),
    ],
    // struct ifma_msghdr2: ifmam_msglen, version, type, addrs, flags, index, refcount
    group: (addrs, index) => [
      0,
      0,
      5,
      19,
      ...uint32(addrs),
      ...uint32(0),
      ...uint16(index),
      0,
      0,
      ...uint32(1),
    ],
  },
  freebsd: {
    // struct if_msghdrl: ... ifm_index, _ifm_spare1, ifm_len, ifm_data_off, _ifm_spare2, then struct if_data of 152 bytes
    link: (addrs, index) => [
      ...[0, 0, 5, 14, ...uint32(addrs), ...uint32(0x8863), ...uint16(index), 0, 0],
      ...[...uint16(176), ...uint16(24), ...uint32(0)],
      ...[6, 0, 6, 14, 2, 0, 152, 0, ...uint32(1500), ...new Uint8Array(140)],
    ],
    // struct ifa_msghdrl: ... ifam_index, spare, ifam_len, ifam_data_off, ifam_metric, then struct if_data
    addr: (addrs, index) => [
      ...[0, 0, 5, 12, ...uint32(addrs), ...uint32(0), ...uint16(index), 0, 0],
      ...[...uint16(176), ...uint16(24), ...uint32(0), ...new Uint8Array(152)],
    ],
    group: (addrs, index) => [0, 0, 5, 15, ...uint32(addrs), ...uint32(0), ...uint16(index), 0, 0],
  },
  openbsd: {
    // ifm_msglen, version, type, ifm_hdrlen, ifm_index, ifm_tableid, pads, ifm_addrs, ifm_flags, ifm_xflags, if_data with ifi_mtu at 4
    link: (addrs, index) => [
      ...[0, 0, 5, 14, ...uint16(168), ...uint16(index), 0, 0, 0, 0, ...uint32(addrs), ...uint32(0x8863)],
      ...[...uint32(0), 6, 6, 14, 4, ...uint32(1500), ...new Uint8Array(136)],
    ],
    // ... ifam_addrs, ifam_flags, ifam_metric
    addr: (addrs, index) => [
      ...[
        0,
        0,
        5,
        12,
        ...uint16(24),
        ...uint16(index),
        0,
        0,
        0,
        0,
        ...uint32(addrs),
        ...uint32(0),
        ...uint32(0),
      ],
    ],
    group: () => [0, 0, 5, 0],
  },
}

/** Writes a message: a structure and the addresses by their RTAX number, padded. */
function message(
  system: System,
  kind: 'link' | 'addr' | 'group',
  index: number,
  addrs: Record<number, number[]>,
): Uint8Array {
  const { align } = layouts[system]
  const entries = Object.entries(addrs).sort(([a], [b]) => Number(a) - Number(b))
  const set = entries.reduce((bits, [i]) => bits | (1 << Number(i)), 0)
  const bytes = [...structures[system][kind](set, index)]
  for (const [, addr] of entries) {
    const room = Math.max(Math.ceil(addr.length / align), 1) * align
    bytes.push(...addr, ...new Uint8Array(room - addr.length))
  }
  bytes.splice(0, 2, ...uint16(bytes.length))
  return Uint8Array.from(bytes)
}

// struct sockaddr_dl
function linkAddr(index: number, name: string, mac: number[]): number[] {
  const data = [...text(name).slice(0, -1), ...mac]
  return [8 + data.length, AF_LINK, ...uint16(index), 6, name.length, mac.length, 0, ...data]
}

const inet4 = (...ip: number[]): number[] => [16, AF_INET, 0, 0, ...ip, ...new Uint8Array(8)]

function inet6(system: System, ...ip: number[]): number[] {
  return [
    28,
    layouts[system].AF_INET6,
    0,
    0,
    0,
    0,
    0,
    0,
    ...ip,
    ...new Uint8Array(16 - ip.length),
    0,
    0,
    0,
    0,
  ]
}

const mac = [0xac, 0xde, 0x48, 0, 0x11, 0x22]
const zeros = (n: number): number[] => [...new Uint8Array(n)]

/** A list of two interfaces with addresses, as NET_RT_IFLIST has it. */
function list(system: System): Uint8Array {
  const { AF_INET6 } = layouts[system]
  const mask64 = [16, AF_INET6, 0, 0, 0, 0, 0, 0, ...new Uint8Array(8).fill(0xff)]
  return concat([
    message(system, 'link', 1, { [RTAX_IFP]: linkAddr(1, 'lo0', []) }),
    // A mask that is cut off after its last byte and has no family.
    message(system, 'addr', 1, { [RTAX_NETMASK]: [5, 0, 0, 0, 0xff], [RTAX_IFA]: inet4(127, 0, 0, 1) }),
    message(system, 'addr', 1, {
      [RTAX_NETMASK]: mask64,
      // fe80:1::1, the kernel's own form of fe80::1%lo0
      [RTAX_IFA]: inet6(system, 0xfe, 0x80, 0, 1, ...zeros(11), 1),
    }),
    message(system, 'link', 4, { [RTAX_IFP]: linkAddr(4, 'en0', mac) }),
    message(system, 'addr', 4, {
      [RTAX_NETMASK]: [7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [RTAX_IFP]: linkAddr(4, 'en0', mac),
      [RTAX_IFA]: inet4(192, 168, 86, 17),
      [RTAX_BRD]: inet4(192, 168, 86, 255),
    }),
    message(system, 'addr', 4, {
      [RTAX_NETMASK]: [28, ...mask64.slice(1), ...zeros(12)],
      [RTAX_IFA]: inet6(system, 0xfd, 0x84, 0x1b, 0x4e, ...zeros(11), 9),
    }),
    // An address of the link layer, and a mask of length 0: nothing to tell.
    message(system, 'addr', 4, { [RTAX_NETMASK]: [0], [RTAX_IFA]: linkAddr(4, 'en0', mac) }),
  ])
}

test.each(bsds.flatMap((system) => arches.map((arch) => [system, arch] as const)))(
  'the numbers and sizes of routing messages are those of %s/%s',
  (system, arch) => {
    const known = constants(system, arch).constants
    const layout: RoutingLayout = layouts[system]
    expect(rtm).toEqual({ RTM_NEWADDR: known.RTM_NEWADDR, RTM_IFINFO: known.RTM_IFINFO })
    expect(layout.AF_INET6).toBe(known.AF_INET6)
    expect([known.RTM_VERSION, known.AF_LINK, known.AF_INET, known.NET_RT_IFLIST]).toEqual([5, 18, 2, 3])
    const none = new DataView(new ArrayBuffer(0))
    if (system === 'darwin') {
      expect(layout.body(rtm.RTM_IFINFO, none)).toBe(known.SizeofIfMsghdr)
      expect(layout.body(rtm.RTM_NEWADDR, none)).toBe(known.SizeofIfaMsghdr)
      expect(layout.body(layout.multicast, none)).toBe(known.SizeofIfmaMsghdr2)
    }
    if (system === 'freebsd') {
      expect(layout.multicast).toBe(known.RTM_NEWMADDR)
      expect(layout.body(layout.multicast, none)).toBe(known.SizeofIfmaMsghdr)
      expect([known.NET_RT_IFLISTL, known.NET_RT_IFMALIST]).toEqual([5, 4])
    }
    // The structures above are of the right size.
    const { link, addr, group } = structures[system]
    if (system === 'freebsd') expect(link(0, 0)).toHaveLength((known.SizeofIfMsghdr ?? 0) + 8)
    if (system === 'darwin') expect(link(0, 0)).toHaveLength(known.SizeofIfMsghdr ?? 0)
    if (system !== 'freebsd') expect(addr(0, 0)).toHaveLength(known.SizeofIfaMsghdr ?? 0)
    if (system === 'freebsd') expect(group(0, 0)).toHaveLength(known.SizeofIfmaMsghdr ?? 0)
    if (system === 'darwin') expect(group(0, 0)).toHaveLength(known.SizeofIfmaMsghdr2 ?? 0)
  },
)

describe.each(bsds)('the lists of %s', (system) => {
  const layout = layouts[system]

  test('parseLinks() reads the interfaces', () => {
    const links = parseLinks(list(system), layout)
    expect(links?.map((l) => ({ ...l, hardwareAddr: String(l.hardwareAddr) }))).toEqual([
      { index: 1, name: 'lo0', mtu: 1500, hardwareAddr: 'null', flags: 0x8863 },
      { index: 4, name: 'en0', mtu: 1500, hardwareAddr: 'ac:de:48:00:11:22', flags: 0x8863 },
    ])
  })

  test('parseLinkAddrs() reads the addresses of all interfaces or of one', () => {
    const all = ['127.0.0.1/8', 'fe80::1/64', '192.168.86.17/24', 'fd84:1b4e::9/64']
    expect(parseLinkAddrs(list(system), layout, 0)?.map(String)).toEqual(all)
    expect(parseLinkAddrs(list(system), layout, 4)?.map(String)).toEqual(all.slice(2))
    expect(parseLinkAddrs(list(system), layout, 9)).toEqual([])
  })

  test('messages of another version are passed over, impossible lengths refused', () => {
    const other = list(system)
    for (let at = 0; at < other.byteLength; at += (other[at] ?? 0) + ((other[at + 1] ?? 0) << 8))
      other[at + 2] = 4
    expect(parseLinks(other, layout)).toEqual([])
    for (const head of [[0, 0], [3, 0], [255, 255], [1]]) {
      expect(parseLinks(concat([list(system), Uint8Array.from(head)]), layout)).toBe(null)
    }
    expect(parseLinkAddrs(new Uint8Array(0), layout, 0)).toEqual([])
  })

  test('the parsers read or refuse any bytes, and never look outside of them', () => {
    fc.assert(
      fc.property(garbage(fc.constant(list(system))), (b) => {
        // A copy has nothing around it that could be read by mistake.
        const copy = b.slice()
        expect(parseLinks(b, layout)).toEqual(parseLinks(copy, layout))
        expect(parseLinkAddrs(b, layout, 0)).toEqual(parseLinkAddrs(copy, layout, 0))
        expect(parseGroups(b, layout, 4)).toEqual(parseGroups(copy, layout, 4))
      }),
      { numRuns: 2000 },
    )
  })
})

test.each(['darwin', 'freebsd'] as const)(
  'parseGroups() reads the groups of one interface on %s',
  (system) => {
    const layout = layouts[system]
    const groups = concat([
      message(system, 'group', 4, { [RTAX_IFP]: linkAddr(4, 'en0', mac), [RTAX_IFA]: inet4(224, 0, 0, 1) }),
      message(system, 'group', 1, { [RTAX_IFA]: inet4(224, 0, 0, 251) }),
      // ff02:4::1, the kernel's own form of ff02::1%en0, and an Ethernet group
      message(system, 'group', 4, { [RTAX_IFA]: inet6(system, 0xff, 2, 0, 4, ...zeros(11), 1) }),
      message(system, 'group', 4, { [RTAX_IFA]: linkAddr(4, '', [1, 0, 0x5e, 0, 0, 1]) }),
    ])
    expect(parseGroups(groups, layout, 4)?.map(String)).toEqual(['224.0.0.1', 'ff02::1'])
    expect(parseGroups(groups, layout, 1)?.map(String)).toEqual(['224.0.0.251'])
  },
)

test('parseGroups() finds none on openbsd, whose lists have none', () => {
  expect(parseGroups(list('openbsd'), layouts.openbsd, 4)).toEqual([])
})

test('parseLinks() reads the link-layer address that darwin gives a tunnel', () => {
  // From a routing message of darwin: index 33, type 1, a name of 8 bytes and no address, padded to 20 bytes.
  const utun = [0x14, 0x12, 0x21, 0, 1, 8, 0, 0, ...text('utun4319').slice(0, -1), 0, 0, 0, 0]
  const links = parseLinks(message('darwin', 'link', 33, { [RTAX_IFP]: utun }), layouts.darwin)
  expect(links).toMatchObject([{ index: 33, name: 'utun4319', hardwareAddr: null }])
})
