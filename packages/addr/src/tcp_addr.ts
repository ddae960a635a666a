import type { Addr } from './addr.ts'
import { joinHostPort } from './host_port.ts'
import type { IP } from './ip.ts'
import { checkIP, hostString, ipAndZone } from './ip_addr.ts'
import { checkPort } from './port.ts'
import { inspect } from './inspect.ts'

/**
 * An end point of TCP. Immutable, and usable where Deno expects a Deno.NetAddr.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 *
 * console.log(new TCPAddr(parseIP('::1'), 80).toString()) // [::1]:80
 * console.log(new TCPAddr(null, 80).toString()) // :80
 * ```
 */
export class TCPAddr implements Addr {
  /** The address; null when there is none, which is any address of this host when listening. */
  readonly ip: IP | null
  /** The port, 0 to 65535; 0 asks for a free one when listening. */
  readonly port: number
  /** The interface that a link-local IPv6 address belongs to, by name or number; '' when there is none. */
  readonly zone: string

  /** Makes an end point; a port that is not an integer from 0 to 65535 is an AddrError. */
  constructor(ip: IP | null, port: number, zone = '') {
    this.ip = checkIP(ip)
    this.port = checkPort(port)
    this.zone = zone
  }

  /** Makes an end point of its parts; `ip` may be text, with a zone. ParseError when that is not an address. */
  static from(parts: { ip?: IP | string | null; port: number; zone?: string }): TCPAddr {
    const { ip, zone } = ipAndZone(parts.ip, parts.zone)
    return new TCPAddr(ip, parts.port, zone)
  }

  /** Always 'tcp'. */
  get network(): 'tcp' {
    return 'tcp'
  }

  /** Deno's word for `network`. */
  get transport(): 'tcp' {
    return 'tcp'
  }

  /** The text of the address with its zone, as Deno has it; '' when there is no address. */
  get hostname(): string {
    return hostString(this.ip, this.zone)
  }

  /** Address and port, '192.0.2.1:80' or '[fe80::1%eth0]:80'; an absent address prints as '': ':80'. */
  toString(): string {
    return joinHostPort(this.hostname, this.port)
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `TCPAddr(${this.toString()})`
  }
}
