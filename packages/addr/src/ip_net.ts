import type { Addr } from './addr.ts'
import { parseDecimal } from './digits.ts'
import { ParseError } from './errors.ts'
import { IPv4len, IPv6len, type IP } from './ip.ts'
import { cidrMask, IPMask } from './ip_mask.ts'
import { parseIP } from './ip_parse.ts'
import { inspect } from './inspect.ts'

/**
 * A network: an address and the mask that says which of its bits count. Immutable. A network without an address
 * (`new IPNet(null, mask)`, whose type is IPNet<null>) and one whose mask does not fit its address contain
 * nothing and print as '<nil>'.
 *
 * @example
 * ```ts
 * import { cidrMask, IP, IPNet } from '@net/addr'
 *
 * const mask = cidrMask(8, 32)
 * if (mask !== null) console.log(String(new IPNet(IP.from([10, 0, 0, 0]), mask))) // 10.0.0.0/8
 * ```
 */
export class IPNet<I extends IP | null = IP> implements Addr {
  /** The address of the network, as it was given: bits outside the mask are not cleared. */
  readonly ip: I
  /** The mask, of the length it was given. */
  readonly mask: IPMask

  constructor(ip: I, mask: IPMask) {
    this.ip = ip
    this.mask = mask
  }

  /** Always 'ip+net'. */
  get network(): 'ip+net' {
    return 'ip+net'
  }

  /** Whether the address is in the network. IPv4 addresses of either form are alike. */
  contains(ip: IP): boolean {
    const { number, mask } = fitted(this.ip, this.mask)
    const x = ip.to4() ?? ip
    if (number === null || mask === null || x.byteLength !== number.byteLength) return false
    return x.mask(mask)?.equal(number.mask(mask)) ?? false
  }

  /**
   * The address and how many leading bits count, '192.0.2.0/24'; where the mask is not ones followed by zeros,
   * the mask in hexadecimal, '192.0.2.0/ff00ff00'.
   */
  toString(): string {
    const { number, mask } = fitted(this.ip, this.mask)
    if (number === null || mask === null) return '<nil>'
    const [ones, bits] = mask.size()
    return `${number.toString()}/${bits === 0 ? mask.toString() : String(ones)}`
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `IPNet(${this.toString()})`
  }
}

/** The address in its shortest form and the mask in that length: of a long mask for IPv4 the last 4 bytes count. */
function fitted(ip: IP | null, mask: IPMask): { number: IP | null; mask: IPMask | null } {
  const number = ip?.to4() ?? ip
  if (number?.byteLength === mask.byteLength) return { number, mask }
  const tail = number?.byteLength === IPv4len && mask.byteLength === IPv6len
  return { number, mask: tail ? IPMask.from(mask.bytes().subarray(12)) : null }
}

/**
 * Reads an address with the length of its network, '192.0.2.1/24' or '2001:db8::1/32' (RFC 4632, RFC 4291). `ip`
 * is the address in the form of 16 bytes, `net` the network with the bits of the host cleared, of 4 bytes where
 * the text was dotted decimal. ParseError of type 'CIDR address' for anything else.
 *
 * @example
 * ```ts
 * import { parseCIDR, parseIP } from '@net/addr'
 *
 * const { ip, net } = parseCIDR('192.0.2.1/24')
 * console.log(`${String(ip)} is in ${String(net)}`) // 192.0.2.1 is in 192.0.2.0/24
 * const other = parseIP('198.51.100.1')
 * console.log(other !== null && net.contains(other)) // false
 * ```
 */
export function parseCIDR(s: string): { ip: IP; net: IPNet } {
  const slash = s.indexOf('/')
  const text = slash < 0 ? '' : s.slice(0, slash)
  const ip = parseIP(text)
  const mask = cidrMask(parseDecimal(s, slash + 1), text.includes(':') ? 128 : 32)
  const number = ip === null || mask === null ? null : ip.mask(mask)
  if (ip === null || mask === null || number === null) throw new ParseError('CIDR address', s)
  return { ip, net: new IPNet(number, mask) }
}
