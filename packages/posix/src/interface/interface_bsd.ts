// Constants of sys/socket.h, sys/sysctl.h and net/if.h of darwin, freebsd and openbsd.
import type { IPAddr, IPNet } from '@net/addr'
import {
  FlagBroadcast,
  FlagLoopback,
  FlagMulticast,
  FlagPointToPoint,
  FlagRunning,
  FlagUp,
  SyscallError,
} from '@net/contract'
import { EINVAL, ENOMEM } from '../abi/errno.ts'
import type { Kernel } from '../abi/abi.ts'
import { abi } from '../abi/system.ts'
import type { InterfaceTables } from './interface_table.ts'
import { layouts, parseGroups, parseLinkAddrs, parseLinks, type RoutingLayout } from '../wire/route_bsd.ts'
import { errnoOf, syscall, syscallError } from '../sys/syscall.ts'

const CTL_NET = 4
const AF_UNSPEC = 0
const AF_ROUTE = 17

/** What differs between the kernels. */
interface Lists {
  readonly layout: RoutingLayout
  /** The list of interfaces and addresses. */
  readonly interfaces: number
  /** The list that has multicast groups in it, or null. */
  readonly groups: number | null
}

const NET_RT_IFLIST = 3

const lists: Partial<Record<Kernel, Lists>> = {
  darwin: { layout: layouts.darwin, interfaces: NET_RT_IFLIST, groups: 6 }, // NET_RT_IFLIST2
  // NET_RT_IFLISTL, whose structures say how long they are, and NET_RT_IFMALIST.
  freebsd: { layout: layouts.freebsd, interfaces: 5, groups: 4 },
  openbsd: { layout: layouts.openbsd, interfaces: NET_RT_IFLIST, groups: null },
}

const flags: readonly (readonly [IFF: number, flag: number])[] = [
  [0x1, FlagUp],
  [0x2, FlagBroadcast],
  [0x8, FlagLoopback],
  [0x10, FlagPointToPoint],
  [0x40, FlagRunning],
  [0x8000, FlagMulticast],
]

const sysctl = syscall(
  'int sysctl(const void *name, uint32_t namelen, void *old, void *oldlen, const void *new, size_t newlen)',
)

const TRIES = 10 // the list may grow between the call that asks for its length and the one that fetches it
function fetch(list: number, index: number): Uint8Array {
  const name = new Uint8Array(Int32Array.of(CTL_NET, AF_ROUTE, 0, AF_UNSPEC, list, index).buffer)
  const length = new BigUint64Array(1)
  const lengthBytes = new Uint8Array(length.buffer)
  let result = ENOMEM
  for (let i = 0; i < TRIES && result === ENOMEM; i++) {
    result = sysctl(name, 6, null, lengthBytes, null, 0)
    if (result < 0) break
    const rib = new Uint8Array(Number(length[0] ?? 0n))
    if (rib.byteLength === 0) return rib
    result = sysctl(name, 6, rib, lengthBytes, null, 0)
    if (result >= 0) return rib.subarray(0, Number(length[0] ?? 0n))
  }
  throw syscallError('sysctl', result)
}

function here(): Lists {
  const found = lists[abi.kernel]
  if (found === undefined) throw new Error(`no routing messages on ${abi.kernel}`)
  return found
}

function must<T>(parsed: T[] | null): T[] {
  if (parsed === null) throw new SyscallError('parserib', errnoOf(EINVAL))
  return parsed
}

/** The tables of darwin, freebsd and openbsd: sysctl(3) of the routing messages of route(4). */
export const interfacesBSD: InterfaceTables = {
  async links() {
    const { layout, interfaces } = here()
    return must(parseLinks(fetch(interfaces, 0), layout)).map((link) => ({
      ...link,
      flags: flags.reduce((set, [IFF, flag]) => ((link.flags & IFF) === 0 ? set : set | flag), 0),
    }))
  },

  async addrs(index): Promise<IPNet[]> {
    const { layout, interfaces } = here()
    return must(parseLinkAddrs(fetch(interfaces, index), layout, index))
  },

  async multicastAddrs({ index }): Promise<IPAddr[]> {
    const { layout, groups } = here()
    return groups === null ? [] : must(parseGroups(fetch(groups, index), layout, index))
  },
}
