import { AddrError, type Addr, type IP } from '@net/addr'
import { type IPSockGroup } from '@net/contract'
import { socketDisabledIPv6 } from '@net/io'
import { abi } from '../abi/system.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import type { SocketSpec } from '../fd/sock.ts'
import { openSocket } from '../fd/sock_cloexec.ts'
import { setsockoptInt } from '../sys/sockopt.ts'
import { familyOf, putInet, sockaddrOut } from '../wire/sockaddr.ts'
import { bind } from '../sys/syscall.ts'

/** The part of an internet address that a socket is made from. */
export interface InetAddr {
  readonly ip: IP | null
  /** Absent for a protocol that has no ports. */
  readonly port?: number
  readonly zone: string
}

let probed: { v4: boolean; v6: boolean; map: boolean } | null = null

// The only way to learn what the kernel supports is to try it, which is done once.
function probe(): { v4: boolean; v6: boolean; map: boolean } {
  if (probed !== null) return probed
  const v4 = opens(abi.AF_INET, null)
  const v6 = opens(abi.AF_INET6, 1)
  const map = v4 && opens(abi.AF_INET6, 0)
  const found = { v4, v6, map }
  if (!socketDisabledIPv6()) probed = found
  return found
}

function opens(family: number, v6only: number | null): boolean {
  const fd = openSocket(family, abi.SOCK_STREAM, abi.IPPROTO_TCP)
  if (fd < 0) return false
  try {
    if (v6only === null) return true
    if (setsockoptInt(fd, abi.IPPROTO_IPV6, abi.IPV6_V6ONLY, v6only) < 0) return false
    return bind(fd, sockaddrOut, putInet(family, null, 0, '')) === 0
  } finally {
    closeDescriptor(fd)
  }
}

/** What the kernel's internet stack supports. */
export const ipSockGroup: IPSockGroup = {
  supportsIPv4: () => probe().v4,
  supportsIPv6: () => probe().v6,
  supportsIPv4map: () => probe().map,
}

function isWildcard(a: InetAddr | null): boolean {
  const ip = a?.ip ?? null
  return ip === null || ip.isUnspecified
}

/**
 * The address family of a socket, and whether an IPv6 one is to keep to IPv6: what the network says, else
 * both families for a listener on every address, else what the addresses are.
 */
function favoriteAddrFamily(
  network: string,
  laddr: InetAddr | null,
  raddr: InetAddr | null,
  mode: 'dial' | 'listen',
): { family: number; v6only: boolean } {
  if (network.endsWith('4')) return { family: abi.AF_INET, v6only: false }
  if (network.endsWith('6')) return { family: abi.AF_INET6, v6only: true }
  if (mode === 'listen' && isWildcard(laddr)) {
    if (ipSockGroup.supportsIPv4map() || !ipSockGroup.supportsIPv4())
      return { family: abi.AF_INET6, v6only: false }
    return { family: laddr === null ? abi.AF_INET : familyOf(laddr.ip), v6only: false }
  }
  const v4 =
    (laddr === null || familyOf(laddr.ip) === abi.AF_INET) &&
    (raddr === null || familyOf(raddr.ip) === abi.AF_INET)
  return { family: v4 ? abi.AF_INET : abi.AF_INET6, v6only: false }
}

/**
 * Puts an address for a system call, as {@link putInet}; null is the unspecified one. Throws an {@link
 * AddrError} when the family does not fit.
 */
export function putAddr(family: number, a: InetAddr | null): number {
  const length = a === null ? putInet(family, null, 0, '') : putInet(family, a.ip, a.port ?? 0, a.zone)
  if (length < 0) throw new AddrError('non-IPv4 address', String(a?.ip))
  return length
}

/** What kind of internet socket to make. */
export interface InetKind extends Pick<SocketSpec, 'net' | 'sotype' | 'names'> {
  /** The protocol, which a family may have its own of. */
  readonly proto: number | ((family: number) => number)
}

/** What an internet socket is made of. Throws an {@link AddrError} where an address is not of the network's family. */
export function inetSpec(
  { net, sotype, names, proto }: InetKind,
  laddr: (Addr & InetAddr) | null,
  raddr: (Addr & InetAddr) | null,
  mode: 'dial' | 'listen',
): SocketSpec {
  const { family, v6only } = favoriteAddrFamily(net, laddr, raddr, mode)
  return {
    net,
    family,
    v6only,
    sotype,
    proto: typeof proto === 'number' ? proto : proto(family),
    names,
    laddr,
    raddr,
    putLocal: () => putAddr(family, laddr),
    putRemote: () => putAddr(family, raddr),
  }
}
