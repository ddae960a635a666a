// Constants of linux/if.h.
import { IP, IPAddr } from '@net/addr'
import {
  FlagBroadcast,
  FlagLoopback,
  FlagMulticast,
  FlagPointToPoint,
  FlagRunning,
  FlagUp,
} from '@net/contract'
import type { InterfaceInfo, InterfaceTables } from './interface_table.ts'
import { littleEndian } from '../wire/netlink.ts'
import { dump } from './netlink_linux.ts'
import {
  parseLink,
  parseLinkAddr,
  rtm,
  SizeofIfAddrmsg,
  SizeofIfInfomsg,
  type Link,
} from '../wire/netlink_route.ts'

const flags: readonly (readonly [IFF: number, flag: number])[] = [
  [0x1, FlagUp],
  [0x2, FlagBroadcast],
  [0x8, FlagLoopback],
  [0x10, FlagPointToPoint],
  [0x40, FlagRunning],
  [0x1000, FlagMulticast],
]

/** What is known of an interface from the kernel's message about it. */
export function linkInfo(link: Link): InterfaceInfo {
  return {
    ...link,
    flags: flags.reduce((set, [IFF, flag]) => ((link.flags & IFF) === 0 ? set : set | flag), 0),
  }
}

/** The groups of /proc/net/igmp that the interface `name` has joined. What is malformed is passed over. */
export function parseIGMP(text: string, name: string): IPAddr[] {
  const groups: IPAddr[] = []
  let current = ''
  for (const line of text.split('\n').slice(1)) {
    const [first = '', second = ''] = line.split(/[\s:]+/).filter((field) => field !== '')
    if (!/^\s/.test(line)) current = second
    // The kernel prints the address as one number in the byte order of the machine.
    else if (current === name && /^[\da-f]{8}$/i.test(first)) groups.push(new IPAddr(nativeIP(first)))
  }
  return groups
}

function nativeIP(hex: string): IP {
  const octets = Buffer.from(hex, 'hex')
  return IP.from(littleEndian ? octets.reverse() : octets)
}

/** The groups of /proc/net/igmp6 that the interface `name` has joined. What is malformed is passed over. */
export function parseIGMP6(text: string, name: string): IPAddr[] {
  return text.split('\n').flatMap((line) => {
    const [, device, group = ''] = line.split(/\s+/)
    return device === name && /^[\da-f]{32}$/i.test(group)
      ? [new IPAddr(IP.from(Buffer.from(group, 'hex')))]
      : []
  })
}

// A kernel without IPv4 or IPv6 lacks that family's file, and no group of it is joined.
async function read(path: string): Promise<string> {
  try {
    return await process.getBuiltinModule('node:fs').promises.readFile(path, 'utf8')
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw e
  }
}

/** The tables of linux: rtnetlink(7) dumps, and the groups from proc(5). */
export const interfacesLinux: InterfaceTables = {
  async links() {
    const links = await dump(rtm.RTM_GETLINK, new Uint8Array(SizeofIfInfomsg), ({ type, payload }) =>
      type === rtm.RTM_NEWLINK ? parseLink(payload) : null,
    )
    return links.map(linkInfo)
  },

  async addrs(index) {
    const addrs = await dump(rtm.RTM_GETADDR, new Uint8Array(SizeofIfAddrmsg), ({ type, payload }) =>
      type === rtm.RTM_NEWADDR ? parseLinkAddr(payload) : null,
    )
    return addrs.filter((a) => index === 0 || a.index === index).map(({ addr }) => addr)
  },

  async multicastAddrs({ name }) {
    const [igmp, igmp6] = await Promise.all([read('/proc/net/igmp'), read('/proc/net/igmp6')])
    return [...parseIGMP(igmp, name), ...parseIGMP6(igmp6, name)]
  },
}
