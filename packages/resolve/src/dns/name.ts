const dot = 46

// The longest name in text with the dot at its end; on the wire it has one byte more (RFC 1035 section
// 2.3.4).
const maxLength = 254

/** Labels of up to 63 characters, of which the first and the last are no dash, and not digits alone. */
const domainName = /^(?![0-9.]*$)(?:\w(?:[\w-]{0,61}\w)?\.)*\w(?:[\w-]{0,61}\w)?\.?$/

/**
 * Whether DNS may be asked for a name: labels of up to 63 letters, digits, '-' and '_', not all digits, at
 * most 253 characters without the dot at the end (RFC 1035, with the underscore of RFC 2782). The root '.'
 * is one.
 *
 * @example
 * ```ts
 * import { isDomainName } from '@net/resolve'
 *
 * console.log(isDomainName('example.com.')) // true
 * console.log(isDomainName('a..b')) // false
 * ```
 */
export function isDomainName(name: string): boolean {
  if (name.length >= maxLength && (name.length > maxLength || !isRooted(name))) return false
  return domainName.test(name) || name === '.'
}

/**
 * The name with a dot at its end if it has one inside; a name of a single label stays as it is.
 *
 * @example
 * ```ts
 * import { absDomainName } from '@net/resolve'
 *
 * console.log(absDomainName('www.example.com'), absDomainName('www')) // www.example.com. www
 * ```
 */
export function absDomainName(name: string): string {
  return name.includes('.') && !isRooted(name) ? name + '.' : name
}

/**
 * Whether DNS must not be asked for a name: '' and everything under .onion (RFC 7686).
 *
 * @example
 * ```ts
 * import { avoidDNS } from '@net/resolve'
 *
 * console.log(avoidDNS('example.onion'), avoidDNS('example.com')) // true false
 * ```
 */
export function avoidDNS(name: string): boolean {
  return name === '' || /\.onion\.?$/i.test(name)
}

/**
 * Whether a name is localhost or under it: it stands for the loopback addresses, and no server is asked
 * (RFC 6761 section 6.3).
 */
export function isLocalhost(name: string): boolean {
  const start = name.length - (isRooted(name) ? 10 : 9)
  // Nearly all names have another letter there.
  if (start < 0 || (name.charCodeAt(start) | 0x20) !== 108) return false
  if (start > 0 && name.charCodeAt(start - 1) !== dot) return false
  return lowerASCII(name.slice(start, start + 9)) === 'localhost'
}

/**
 * The names to ask DNS for, in their order, all with a dot at the end: the name itself and the name within
 * each domain of the search list, the name itself first when it has at least `ndots` dots, a number as in
 * resolv.conf. Names that are too long and names under .onion are left out.
 *
 * @example
 * ```ts
 * import { nameList } from '@net/resolve'
 *
 * console.log(nameList('www', 1, ['example.com.']).join(' ')) // www.example.com. www.
 * console.log(nameList('a.b', 1, ['example.com.']).join(' ')) // a.b. a.b.example.com.
 * ```
 */
export function nameList(name: string, ndots: number, search: readonly string[]): string[] {
  const rooted = isRooted(name)
  const itself = rooted ? name : name + '.'
  if (itself.length * 3 > maxLength && byteLength(itself) > maxLength) return []
  const own = avoidDNS(itself) ? [] : [itself]
  if (rooted || search.length === 0) return own
  const suffixed = search
    .map((suffix) => itself + suffix)
    .filter((fqdn) => !avoidDNS(fqdn) && byteLength(fqdn) <= maxLength)
  return countDots(name) >= ndots ? [...own, ...suffixed] : [...suffixed, ...own]
}

/** Whether a name ends with a dot. */
export function isRooted(name: string): boolean {
  return name.charCodeAt(name.length - 1) === dot
}

/** The name with a dot at its end. */
export function ensureRooted(name: string): string {
  return isRooted(name) ? name : name + '.'
}

/** Lower case for A to Z only, as names are compared in DNS (RFC 4343). */
export function lowerASCII(s: string): string {
  return /[A-Z]/.test(s) ? s.replace(/[A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) | 0x20)) : s
}

function countDots(name: string): number {
  let n = 0
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) === dot) n++
  return n
}

const encoder = new TextEncoder()

// An escaped byte counts as the one that it is.
function byteLength(text: string): number {
  const name = text.includes('\\') ? text.replace(/\\\d{3}/g, 'x') : text
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7f) return encoder.encode(name).byteLength
  return name.length
}
