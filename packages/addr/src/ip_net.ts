import type { Addr } from './addr.ts'
import { parseDecimal } from './digits.ts'
import { ParseError } from './errors.ts'
import { IPv4len, type IP } from './ip.ts'
import { cidrMask, IPMask } from './ip_mask.ts'
import { parseIP } from './ip_parse.ts'

/**
 * A network: an address and the mask that says which of its bits count. Immutable. A network without an address
 * (`new IPNet(null, mask)`, whose type is IPNet<null>) and one whose mask does not fit its address contain
 * nothing and print as '<nil>'.
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
    const number = this.number()
    const mask = this.fittedMask()
    if (number === null || mask === null) return false
    const x = ip.to4() ?? ip
    if (x.byteLength !== number.byteLength) return false
    const own = number.mask(mask)
    return own !== null && own.equal(x.mask(mask))
  }

  /**
   * The address and how many leading bits count, '192.0.2.0/24'; where the mask is not ones followed by zeros,
   * the mask in hexadecimal, '192.0.2.0/ff00ff00'.
   */
  toString(): string {
    const number = this.number()
    const mask = this.fittedMask()
    if (number === null || mask === null) return '<nil>'
    const [ones, bits] = mask.size()
    return `${number.toString()}/${bits === 0 ? mask.toString() : String(ones)}`
  }

  private number(): IP | null {
    return this.ip === null ? null : (this.ip.to4() ?? this.ip)
  }

  /** The mask in the length of the address: of a long mask for IPv4 only the last four bytes count. */
  private fittedMask(): IPMask | null {
    const number = this.number()
    if (number === null) return null
    if (this.mask.byteLength === number.byteLength) return this.mask
    if (number.byteLength === IPv4len && this.mask.byteLength === 16)
      return IPMask.from(this.mask.bytes().subarray(12))
    return null
  }
}

/**
 * Reads an address with the length of its network, '192.0.2.1/24' or '2001:db8::1/32' (RFC 4632, RFC 4291). `ip`
 * is the address in the form of 16 bytes, `net` the network with the bits of the host cleared, of 4 bytes where
 * the text was dotted decimal. ParseError of type 'CIDR address' for anything else.
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
