import { inspect } from './inspect.ts'
import { copyBytes, hexString } from './bytes.ts'
import { AddrError } from './errors.ts'
import { ipv4Mask, type IPMask } from './ip_mask.ts'
import { ipv4String, ipv6String } from './ip_string.ts'

/** How many bytes an IPv4 address has. */
export const IPv4len = 4
/** How many bytes an IPv6 address has. */
export const IPv6len = 16

const invalid = 'invalid IP address'

/**
 * An IP address. Immutable. An IPv4 address has a form of 4 bytes and one of 16 (`::ffff:a.b.c.d`, RFC 4291
 * section 2.5.5.2); both are the same address to `equal`, `compare`, the predicates and `toString`, and only
 * `byteLength`, `bytes` and `mask` tell them apart. Inside it is four integers; `bytes()` makes bytes of them.
 *
 * @example
 * ```ts
 * import { IP } from '@net/addr'
 *
 * const ip = IP.from([192, 0, 2, 1])
 * console.log(ip.toString()) // 192.0.2.1
 * console.log(ip.equal(ip.to16())) // true
 * console.log(ip.isPrivate) // false
 * ```
 */
export class IP {
  // Signed 32-bit integers, so that engines keep them unboxed. The 4-byte form has its address in d as well.
  declare private readonly a: number
  declare private readonly b: number
  declare private readonly c: number
  declare private readonly d: number
  /** 4 or 16: which of the two forms this is. An IPv4 address can have either. */
  declare readonly byteLength: 4 | 16

  private constructor(a: number, b: number, c: number, d: number, byteLength: 4 | 16) {
    this.a = a
    this.b = b
    this.c = c
    this.d = d
    this.byteLength = byteLength
  }

  /**
   * Makes an address of 4 or 16 bytes in network order; the bytes are copied. Any other length, or an element
   * that is not an integer from 0 to 255, is an AddrError.
   */
  static from(bytes: ArrayLike<number>): IP {
    const b = copyBytes(bytes, invalid)
    if (b.byteLength === IPv4len) return IP.fromUint32(word(b, 0))
    if (b.byteLength === IPv6len) return IP.fromUint32s(word(b, 0), word(b, 4), word(b, 8), word(b, 12))
    throw new AddrError(invalid, hexString(b))
  }

  /** Makes an IPv4 address, in the form of 4 bytes, of its 32 bits in host order: 0x7f000001 is 127.0.0.1. */
  static fromUint32(v4: number): IP {
    return new IP(0, 0, 0xffff, v4 | 0, 4)
  }

  /** Makes an address in the form of 16 bytes of four times 32 bits in host order, the leading bits first. */
  static fromUint32s(a: number, b: number, c: number, d: number): IP {
    return new IP(a | 0, b | 0, c | 0, d | 0, 16)
  }

  /**
   * The `i`-th 32 bits of the form of 16 bytes, as an unsigned integer in host order. For an IPv4 address they
   * are 0, 0, 0xffff and the address, whichever form it has.
   */
  uint32(i: 0 | 1 | 2 | 3): number {
    return (i === 0 ? this.a : i === 1 ? this.b : i === 2 ? this.c : this.d) >>> 0
  }

  /** The 4 or 16 bytes in network order, as a copy that belongs to the caller. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.byteLength)
    if (this.byteLength === IPv4len) {
      put(out, 0, this.d)
    } else {
      put(out, 0, this.a)
      put(out, 4, this.b)
      put(out, 8, this.c)
      put(out, 12, this.d)
    }
    return out
  }

  /** The address in the form of 4 bytes; null when it is not an IPv4 address. */
  to4(): IP | null {
    if (this.byteLength === IPv4len) return this
    return this.is4() ? IP.fromUint32(this.d) : null
  }

  /** The address in the form of 16 bytes. */
  to16(): IP {
    return this.byteLength === IPv6len ? this : new IP(this.a, this.b, this.c, this.d, 16)
  }

  /** Whether both are the same address, in whatever form; false for null. */
  equal(x: IP | null): boolean {
    return x !== null && this.d === x.d && this.c === x.c && this.b === x.b && this.a === x.a
  }

  /** Orders addresses by their 16 bytes, so all of IPv4 stands together and equal addresses give 0. */
  compare(x: IP): -1 | 0 | 1 {
    return order(this.a, x.a) || order(this.b, x.b) || order(this.c, x.c) || order(this.d, x.d)
  }

  /**
   * The address with all bits outside the mask cleared; null when the mask does not fit. A mask of 4 bytes makes
   * an IPv4 address of 4 bytes of either form; one of 16 bytes fits the form of 4 only if it begins with 96 ones.
   *
   * @example
   * ```ts
   * import { cidrMask, IP } from '@net/addr'
   *
   * const mask = cidrMask(24, 32)
   * if (mask !== null) console.log(String(IP.from([192, 0, 2, 77]).mask(mask))) // 192.0.2.0
   * ```
   */
  mask(m: IPMask): IP | null {
    if (m.byteLength === IPv4len) return this.is4() ? IP.fromUint32(this.d & m.uint32(0)) : null
    if (m.byteLength !== IPv6len) return null
    const [a, b, c, d] = [m.uint32(0), m.uint32(1), m.uint32(2), m.uint32(3)]
    if (this.byteLength === IPv6len) return IP.fromUint32s(this.a & a, this.b & b, this.c & c, this.d & d)
    return (a & b & c) === -1 ? IP.fromUint32(this.d & d) : null
  }

  /** The mask that the classes of RFC 791 gave an IPv4 address: /8, /16 or /24. Null for IPv6. */
  defaultMask(): IPMask | null {
    if (!this.is4()) return null
    const first = this.d >>> 24
    return ipv4Mask(255, first < 0x80 ? 0 : 255, first < 0xc0 ? 0 : 255, 0)
  }

  /** Whether it is 0.0.0.0 or ::. */
  get isUnspecified(): boolean {
    return this.d === 0 && this.a === 0 && this.b === 0 && (this.c === 0 || this.c === 0xffff)
  }

  /** Whether it is in 127.0.0.0/8, or ::1. */
  get isLoopback(): boolean {
    if (this.is4()) return this.d >>> 24 === 127
    return this.d === 1 && this.a === 0 && this.b === 0 && this.c === 0
  }

  /** Whether it is reserved for private networks: RFC 1918, or fc00::/7 (RFC 4193). */
  get isPrivate(): boolean {
    if (!this.is4()) return this.a >>> 25 === 0xfc >>> 1
    return this.d >>> 24 === 10 || this.d >>> 20 === 0xac1 || this.d >>> 16 === 0xc0a8
  }

  /** Whether it is in 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    return this.is4() ? this.d >>> 28 === 0xe : this.a >>> 24 === 0xff
  }

  /** Whether it is an IPv6 multicast address that never leaves the interface (scope 1, RFC 4291). */
  get isInterfaceLocalMulticast(): boolean {
    return !this.is4() && ((this.a >>> 16) & 0xff0f) === 0xff01
  }

  /** Whether it is a multicast address of the link only: 224.0.0.0/24, or IPv6 scope 2. */
  get isLinkLocalMulticast(): boolean {
    return this.is4() ? this.d >>> 8 === 0xe00000 : ((this.a >>> 16) & 0xff0f) === 0xff02
  }

  /** Whether it is in 169.254.0.0/16 or fe80::/10. */
  get isLinkLocalUnicast(): boolean {
    return this.is4() ? this.d >>> 16 === 0xa9fe : this.a >>> 22 === 0xfe80 >>> 6
  }

  /**
   * Whether it is none of: the IPv4 broadcast address, unspecified, loopback, multicast, link-local unicast.
   * Private addresses count as global here.
   */
  get isGlobalUnicast(): boolean {
    if (this.is4() && this.d === -1) return false
    return !this.isUnspecified && !this.isLoopback && !this.isMulticast && !this.isLinkLocalUnicast
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `IP(${this.toString()})`
  }

  /** The text of the address: dotted decimal for IPv4 in either form, RFC 5952 for the others. */
  toString(): string {
    return this.is4() ? ipv4String(this.d) : ipv6String(this.a, this.b, this.c, this.d)
  }

  /** The same text as `toString`, for JSON.stringify; `unmarshalIP` reads it back. */
  toJSON(): string {
    return this.toString()
  }

  private is4(): boolean {
    return this.c === 0xffff && this.b === 0 && this.a === 0
  }
}

function word(b: Uint8Array, at: number): number {
  return ((b[at] ?? 0) << 24) | ((b[at + 1] ?? 0) << 16) | ((b[at + 2] ?? 0) << 8) | (b[at + 3] ?? 0)
}

function put(b: Uint8Array, at: number, word: number): void {
  b[at] = word >>> 24
  b[at + 1] = word >>> 16
  b[at + 2] = word >>> 8
  b[at + 3] = word
}

function order(x: number, y: number): -1 | 0 | 1 {
  return x === y ? 0 : x >>> 0 < y >>> 0 ? -1 : 1
}

/**
 * Makes the IPv4 address a.b.c.d, in the form of 16 bytes; AddrError where one is not an integer from 0 to 255.
 *
 * @example
 * ```ts
 * import { ipv4 } from '@net/addr'
 *
 * console.log(ipv4(127, 0, 0, 1).isLoopback) // true
 * ```
 */
export function ipv4(a: number, b: number, c: number, d: number): IP {
  return IP.from([a, b, c, d]).to16()
}
