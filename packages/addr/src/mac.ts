import { inspect } from './inspect.ts'
import { copyBytes, hexString } from './bytes.ts'
import { hexDigit } from './digits.ts'
import { AddrError } from './errors.ts'

const invalid = 'invalid MAC address'

/**
 * The hardware address of an interface. Immutable.
 *
 * @example
 * ```ts
 * import { HardwareAddr } from '@net/addr'
 *
 * console.log(HardwareAddr.from([0, 0, 0x5e, 0, 0x53, 1]).toString()) // 00:00:5e:00:53:01
 * ```
 */
export class HardwareAddr {
  declare private readonly octets: Uint8Array<ArrayBuffer>

  private constructor(octets: Uint8Array<ArrayBuffer>) {
    this.octets = octets
  }

  /** Makes an address of a copy of these bytes, however many; AddrError where one is not from 0 to 255. */
  static from(bytes: ArrayLike<number>): HardwareAddr {
    return new HardwareAddr(copyBytes(bytes, invalid))
  }

  /** How many bytes the address has: 6 on Ethernet. */
  get byteLength(): number {
    return this.octets.byteLength
  }

  /** The bytes, as a copy that belongs to the caller. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.octets.slice()
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return `HardwareAddr(${this.toString()})`
  }

  /** The bytes as pairs of lower-case hexadecimal digits with colons; '' for no bytes. */
  toString(): string {
    return hexString(this.octets, ':')
  }

  /** The same text as `toString`, for JSON.stringify. */
  toJSON(): string {
    return this.toString()
  }
}

/**
 * Reads an IEEE 802 MAC-48, EUI-48 or EUI-64 address, or the 20 bytes of IP over InfiniBand: hexadecimal bytes
 * with ':' or with '-' between them, or pairs of bytes with '.'. AddrError for anything else.
 *
 * @example
 * ```ts
 * import { parseMAC } from '@net/addr'
 *
 * console.log(parseMAC('0000.5e00.5301').toString()) // 00:00:5e:00:53:01
 * ```
 */
export function parseMAC(s: string): HardwareAddr {
  const dotted = s[4] === '.'
  const separator = dotted ? '.' : s[2]
  const digits = dotted ? 4 : 2
  const bytes = ((s.length + 1) / (digits + 1)) * (digits / 2)
  if ((separator !== ':' && separator !== '-' && !dotted) || (bytes !== 6 && bytes !== 8 && bytes !== 20)) {
    throw new AddrError(invalid, s)
  }
  const out = new Uint8Array(bytes)
  let n = 0
  for (let i = 0; i < s.length; i++) {
    if (i % (digits + 1) === digits) {
      if (s[i] !== separator) throw new AddrError(invalid, s)
      continue
    }
    const high = hexDigit(s.charCodeAt(i))
    const low = hexDigit(s.charCodeAt(++i))
    if (high < 0 || low < 0) throw new AddrError(invalid, s)
    out[n++] = high * 16 + low
  }
  return HardwareAddr.from(out)
}
