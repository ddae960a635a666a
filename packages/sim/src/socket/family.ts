import { AddrError, type IP } from '@net/addr'
import { anyOf, isAny, loopbackOf, textOf } from '../ip/address.ts'

/** The part of an internet address that a socket is made from. */
export interface InetAddr {
  readonly ip: IP | null
  readonly port?: number
  readonly zone: string
}

/** The family of a socket, and whether one of version 6 takes part in version 4 as well. */
export interface Family {
  readonly version: 4 | 6
  readonly dual: boolean
}

function is4(a: InetAddr | null): boolean {
  return a === null || a.ip === null || a.ip.to4() !== null
}

/** The family of a socket: what the network says, else both for one on every address, else what the addresses are. */
export function familyOf(
  network: string,
  laddr: InetAddr | null,
  raddr: InetAddr | null,
  mode: 'dial' | 'listen',
): Family {
  if (network.endsWith('4')) return { version: 4, dual: false }
  if (network.endsWith('6')) return { version: 6, dual: false }
  if (mode === 'listen' && laddr?.ip?.isUnspecified !== false) return { version: 6, dual: true }
  const version = is4(laddr) && is4(raddr) ? 4 : 6
  return { version, dual: version === 6 }
}

/** The text of an address to bind; an absent one is every address. Throws an {@link AddrError} when the family does not fit. */
export function localText({ version, dual }: Family, a: InetAddr | null): string {
  const ip = a?.ip ?? null
  if (ip === null || ip.isUnspecified) return anyOf(version)
  return fitting(version, dual, ip)
}

/** The text of an address to reach; an unspecified one is this host. Throws an {@link AddrError} when the family does not fit. */
export function remoteText({ version, dual }: Family, a: InetAddr): string {
  const ip = a.ip
  if (ip === null || ip.isUnspecified) return loopbackOf(version)
  return fitting(version, dual, ip)
}

function fitting(version: 4 | 6, dual: boolean, ip: IP): string {
  const v4 = ip.to4()
  if (version === 4 && v4 === null) throw new AddrError('non-IPv4 address', ip.toString())
  if (version === 6 && v4 !== null && !dual) throw new AddrError('non-IPv6 address', ip.toString())
  return textOf(v4 ?? ip)
}

/** Whether a socket bound to `bound` gets what is sent to `addr`. */
export function covers(bound: string, dual: boolean, addr: string): boolean {
  if (!isAny(bound)) return bound === addr
  const six = addr.includes(':')
  return bound === '::' ? six || dual : !six
}
