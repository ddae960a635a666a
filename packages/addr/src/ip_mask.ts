import { inspect } from './inspect.ts'
import { copyBytes, hexString } from './bytes.ts'

/**
 * The bits of an IP address that name the network. Immutable. Masks of addresses have 4 or 16 bytes; a mask of
 * any other length can be held and printed, but fits no address.
 *
 * @example
 * ```ts
 * import { IPMask } from '@net/addr'
 *
 * console.log(IPMask.from([255, 255, 0, 0]).size().join(' of ')) // 16 of 32
 * ```
 */
export class IPMask {
  declare private readonly octets: Uint8Array<ArrayBuffer>

  private constructor(octets: Uint8Array<ArrayBuffer>) {
    this.octets = octets
  }

  /** Makes a mask of a copy of these bytes; AddrError where one is not an integer from 0 to 255. */
  static from(bytes: ArrayLike<number>): IPMask {
    return new IPMask(copyBytes(bytes, 'invalid IP mask'))
  }

  /** How many bytes the mask has. */
  get byteLength(): number {
    return this.octets.byteLength
  }

  /** The bytes, as a copy that belongs to the caller. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.octets.slice()
  }

  /** The 32 bits from byte 4 * `i` on, as an unsigned integer; bytes past the end count as 0. */
  uint32(i: number): number {
    const at = i * 4
    return (
      this.octet(at) * 0x1000000 +
      ((this.octet(at + 1) << 16) | (this.octet(at + 2) << 8) | this.octet(at + 3))
    )
  }

  private octet(i: number): number {
    return this.octets[i] ?? 0
  }

  /**
   * How many leading bits are set, and how many bits the mask has: 32 for IPv4, 128 for IPv6. [0, 0] when it is
   * not ones followed by zeros.
   */
  size(): [ones: number, bits: number] {
    const bits = this.octets.byteLength * 8
    let ones = 0
    while (ones < bits && this.bit(ones) === 1) ones++
    for (let i = ones; i < bits; i++) if (this.bit(i) === 1) return [0, 0]
    return [ones, bits]
  }

  private bit(i: number): number {
    return (this.octet(i >>> 3) >>> (7 - (i & 7))) & 1
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `IPMask(${this.toString()})`
  }

  /** The bytes in hexadecimal, without punctuation; '<nil>' for a mask of no bytes. */
  toString(): string {
    return this.octets.byteLength === 0 ? '<nil>' : hexString(this.octets)
  }
}

/**
 * Makes a mask of four bytes; AddrError where one is not an integer from 0 to 255.
 *
 * @example
 * ```ts
 * import { ipv4Mask } from '@net/addr'
 *
 * console.log(ipv4Mask(255, 255, 255, 0).toString()) // ffffff00
 * ```
 */
export function ipv4Mask(a: number, b: number, c: number, d: number): IPMask {
  return IPMask.from([a, b, c, d])
}

/**
 * Makes a mask of `ones` set bits followed by zeros, `bits` in all: 32 for IPv4, 128 for IPv6. Null when `bits`
 * is something else, or `ones` is not an integer from 0 to `bits`.
 *
 * @example
 * ```ts
 * import { cidrMask } from '@net/addr'
 *
 * console.log(String(cidrMask(20, 32))) // fffff000
 * console.log(cidrMask(33, 32)) // null
 * ```
 */
export function cidrMask(ones: number, bits: number): IPMask | null {
  if ((bits !== 32 && bits !== 128) || !Number.isInteger(ones) || ones < 0 || ones > bits) return null
  const bytes = new Uint8Array(bits / 8)
  bytes.fill(0xff, 0, ones >>> 3)
  if (ones < bits) bytes[ones >>> 3] = 0xff00 >>> (ones & 7)
  return IPMask.from(bytes)
}
