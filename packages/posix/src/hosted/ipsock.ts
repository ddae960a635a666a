import { AddrError, parseIPZone, type IP, type UDPAddr } from '@net/addr'
import { hostIPSockGroup, socketDisabledIPv6 } from '@net/io'
import { callError } from './errors.ts'

/** The part of an internet address that a socket is made from. */
type InetAddr = Pick<UDPAddr, 'ip' | 'port' | 'zone'>

/** The family of a socket, and whether an IPv6 one keeps to IPv6. */
export interface Family {
  /** The IP version. */
  readonly version: 4 | 6
  /** Whether IPv4 traffic is kept out. */
  readonly v6only: boolean
}

// This holds for no address as well, as `undefined !== null`: without one the family is IPv4's.
function is4(a: InetAddr | null): boolean {
  return a?.ip?.to4() !== null
}

/** The same as {@link familyOf}, but throws where IPv6 sockets are disabled for a test. */
export function socketFamily(...of: Parameters<typeof familyOf>): Family {
  const family = familyOf(...of)
  if (family.version === 6 && socketDisabledIPv6()) throw callError('socket', 'EAFNOSUPPORT')
  return family
}

/**
 * The family of a socket: what the network says, else both for a listener on every address, else what the
 * addresses are.
 */
function familyOf(
  network: string,
  laddr: InetAddr | null,
  raddr: InetAddr | null,
  mode: 'dial' | 'listen',
): Family {
  if (network.endsWith('4')) return { version: 4, v6only: false }
  if (network.endsWith('6')) return { version: 6, v6only: true }
  if (mode === 'listen' && laddr?.ip?.isUnspecified !== false) {
    const six = hostIPSockGroup.supportsIPv4map() || !hostIPSockGroup.supportsIPv4()
    return { version: six || !is4(laddr) ? 6 : 4, v6only: false }
  }
  return { version: is4(laddr) && is4(raddr) ? 4 : 6, v6only: false }
}

/**
 * The text by which the host takes an address to bind or to reach: an absent or unspecified one is `every`
 * address of this machine or its loopback. Throws an {@link AddrError} when the family does not fit.
 */
export function hostAddress(version: 4 | 6, a: InetAddr | null, every: boolean): string {
  const ip = a?.ip ?? null
  const v4 = ip?.to4() ?? null
  if (version === 4 && ip !== null && v4 === null) throw new AddrError('non-IPv4 address', ip.toString())
  if (a === null || ip === null || ip.isUnspecified) {
    if (every) return version === 4 ? '0.0.0.0' : '::'
    return version === 4 ? '127.0.0.1' : '::1'
  }
  if (version === 4) return ip.toString()
  if (v4 !== null) return `::ffff:${v4.toString()}`
  return a.zone === '' ? ip.toString() : `${ip.toString()}%${a.zone}`
}

/** Reads an address that the host gives as text; ip is null when it gives none. */
export function parseHostAddress(address: string | undefined): { ip: IP | null; zone: string } {
  return parseIPZone(address ?? '') ?? { ip: null, zone: '' }
}
