import { hexDigit } from './digits.ts'
import { ParseError } from './errors.ts'
import { IP } from './ip.ts'

const dot = 46
const colon = 58
const longestIPv4 = '255.255.255.255'.length

const noDigit = 255
// The value of each character of Latin-1 as a hexadecimal digit, or noDigit: a table, as comparing mispredicts too often.
const hexDigits: Uint8Array = /* @__PURE__ */ Uint8Array.from(
  { length: 256 },
  (_, code) => hexDigit(code) & noDigit,
)

/**
 * Reads an IP address: dotted decimal, or IPv6 as in RFC 4291 section 2.2. Null for anything else. Strict: no
 * leading zeros in decimal numbers, no zone, no space. The result has the form of 16 bytes, also for IPv4.
 *
 * @example
 * ```ts
 * import { parseIP } from '@net/addr'
 *
 * console.log(String(parseIP('2001:db8:0::1'))) // 2001:db8::1
 * console.log(parseIP('192.0.2.01')) // null
 * ```
 */
export function parseIP(s: string): IP | null {
  return (s.length <= longestIPv4 ? parseIPv4(s, 0) : null) ?? parseIPv6(s)
}

/** Reads four decimal numbers with dots from `start` to the end of `s`. */
function parseIPv4(s: string, start: number): IP | null {
  const end = s.length
  let word = 0
  let i = start
  for (let dots = 0; ; dots++) {
    if (i === end) return null
    let octet = s.charCodeAt(i++) - 48
    if (!isDigit(octet)) return null
    let next = i < end ? s.charCodeAt(i++) - 48 : none
    if (isDigit(next)) {
      if (octet === 0) return null
      octet = octet * 10 + next
      next = i < end ? s.charCodeAt(i++) - 48 : none
      if (isDigit(next)) {
        octet = octet * 10 + next
        if (octet > 255) return null
        next = i < end ? s.charCodeAt(i++) - 48 : none
      }
    }
    word = (word << 8) | octet
    if (dots === 3) return next === none ? IP.fromUint32s(0, 0, 0xffff, word) : null
    if (next !== dot - 48) return null
  }
}

/** What follows the last character, where a digit's value is looked for: no character has it. */
const none = -49

/** Whether a difference to '0' is a digit: one comparison, as negative numbers become large ones. */
function isDigit(value: number): boolean {
  return value >>> 0 <= 9
}

// Looking at a character costs more than what is done with it, so each is looked at once.
/** Reads groups of hexadecimal digits into the 128 bits a, b, c, d, from the left. */
function parseIPv6(s: string): IP | null {
  const end = s.length
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let n = 0
  // How many groups stood before '::', and their bits.
  let head = -1
  let headA = 0
  let headB = 0
  let headC = 0
  let headD = 0
  let v4 = 0 // the last 32 bits, where they are in dotted decimal
  let all = 0 // the bits of all digits' codes: a digit is no longer one where others than ASCII's are among them
  let i = 0
  if (s.charCodeAt(0) === colon) {
    if (s.charCodeAt(1) !== colon) return null
    head = 0
    i = 2
  }
  while (i < end) {
    if (n === 8) return null
    const start = i
    const last = i + 4
    let group = 0
    let code = 0
    for (; i < end; i++) {
      code = s.charCodeAt(i)
      const digit = hexDigits[code & 0xff] ?? noDigit
      if (digit === noDigit) break
      if (i === last) return null
      all |= code
      group = (group << 4) | digit
    }
    if (i === start) return null
    if (i < end && code === dot) {
      const tail = (head < 0 ? n === 6 : n <= 6) ? parseIPv4(s, start) : null
      if (tail === null) return null
      v4 = tail.uint32(3)
      n += 2
      break
    }
    const bits = n % 2 === 0 ? group << 16 : group
    if (n < 2) a |= bits
    else if (n < 4) b |= bits
    else if (n < 6) c |= bits
    else d |= bits
    n++
    if (i === end) break
    if (code !== colon || ++i === end) return null
    if (s.charCodeAt(i) === colon) {
      if (head >= 0) return null
      head = n
      headA = a
      headB = b
      headC = c
      headD = d
      a = b = c = d = 0
      i++
    }
  }
  if (all > 0x7f) return null
  if (head < 0) return n === 8 ? IP.fromUint32s(a, b, c, d | v4) : null
  if (n === 8) return null
  for (; n < 8; n++) {
    d = (c << 16) | (d >>> 16)
    c = (b << 16) | (c >>> 16)
    b = (a << 16) | (b >>> 16)
    a >>>= 16
  }
  return IP.fromUint32s(a | headA, b | headB, c | headC, d | headD | v4)
}

/**
 * Reads an IP address with an optional zone, 'fe80::1%eth0': what follows '%' names an interface of this host
 * and is not looked at. Null for anything else, an empty zone, and a zone on dotted decimal. Zone is '' when
 * there is none.
 *
 * @example
 * ```ts
 * import { parseIPZone } from '@net/addr'
 *
 * console.log(parseIPZone('fe80::1%eth0')?.zone) // eth0
 * ```
 */
export function parseIPZone(s: string): { ip: IP; zone: string } | null {
  const percent = s.indexOf('%')
  const text = percent < 0 ? s : s.slice(0, percent)
  const zone = percent < 0 ? '' : s.slice(percent + 1)
  if (percent >= 0 && (zone === '' || !text.includes(':'))) return null
  const ip = parseIP(text)
  return ip === null ? null : { ip, zone }
}

/**
 * Reads what `IP.toJSON` wrote, for use in revivers and configuration: like `parseIP`, but '' is null (no
 * address) and anything else that is not an address is a ParseError of type 'IP address'.
 *
 * @example
 * ```ts
 * import { unmarshalIP } from '@net/addr'
 *
 * console.log(String(unmarshalIP('192.0.2.1'))) // 192.0.2.1
 * console.log(unmarshalIP('')) // null
 * ```
 */
export function unmarshalIP(text: string): IP | null {
  if (text === '') return null
  const ip = parseIP(text)
  if (ip === null) throw new ParseError('IP address', text)
  return ip
}
