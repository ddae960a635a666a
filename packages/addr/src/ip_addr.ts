import type { Addr } from './addr.ts'
import { ParseError } from './errors.ts'
import type { IP } from './ip.ts'
import { parseIPZone } from './ip_parse.ts'
import { inspect } from './inspect.ts'

/**
 * An address of raw IP: no port. Immutable.
 *
 * @example
 * ```ts
 * import { IPAddr, parseIP } from '@net/addr'
 *
 * console.log(new IPAddr(parseIP('192.0.2.1')).toString()) // 192.0.2.1
 * ```
 */
export class IPAddr implements Addr {
  // Both are only declared: V8 would call a function of its own for each address to set up fields that the constructor sets.
  /** The address; null when there is none, which is any address of this host when listening. */
  declare readonly ip: IP | null
  /** The interface that a link-local IPv6 address belongs to, by name or number; '' when there is none. */
  declare readonly zone: string

  constructor(ip: IP | null, zone = '') {
    this.ip = checkIP(ip)
    this.zone = zone
  }

  /** Makes an address of its parts; `ip` may be text, with a zone. ParseError when that is not an address. */
  static from(parts: { ip?: IP | string | null; zone?: string }): IPAddr {
    const { ip, zone } = ipAndZone(parts.ip, parts.zone)
    return new IPAddr(ip, zone)
  }

  /** Always 'ip'. */
  get network(): 'ip' {
    return 'ip'
  }

  /** The address and, after '%', its zone: 'fe80::1%eth0'. An absent address prints as ''. */
  toString(): string {
    return hostString(this.ip, this.zone)
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `IPAddr(${this.toString()})`
  }
}

/** The text of an address with its zone; '' stands for an absent one. */
export function hostString(ip: IP | null, zone: string): string {
  const host = ip === null ? '' : ip.toString()
  return zone === '' ? host : `${host}%${zone}`
}

/** Gives `ip` back, or throws a TypeError for what is neither an IP nor null. */
export function checkIP(ip: IP | null): IP | null {
  if (typeof ip !== 'object') throw new TypeError(`ip must be an IP or null, not a ${typeof ip}`)
  return ip
}

/** Reads an address that may be text and may bring its zone along; the zone given beside it has precedence. */
export function ipAndZone(
  ip: IP | string | null | undefined,
  zone: string | undefined,
): { ip: IP | null; zone: string } {
  if (typeof ip !== 'string') return { ip: ip ?? null, zone: zone ?? '' }
  const parsed = parseIPZone(ip)
  if (parsed === null) throw new ParseError('IP address', ip)
  return { ip: parsed.ip, zone: zone ?? parsed.zone }
}
