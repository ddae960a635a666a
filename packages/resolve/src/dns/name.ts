import { maxLabelLength, maxNameLength } from './wire_reader.ts'

const dot = 46

// It does not count characters, which would take the first two lookups 115 µs to compile, and takes them 41.
/** Labels of which the first and the last character is no dash, and not digits alone. */
const domainName = /^(?![\d.]*$)(?:(?!-)[\w-]+(?<!-)(?:\.|$))+$/
const longLabel = /[^.]{64}/

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
  if (name.length > maxLabelLength && isLong(name)) return false
  return domainName.test(name) || name === '.'
}

function isLong(name: string): boolean {
  return longLabel.test(name) || name.length > (name.endsWith('.') ? maxNameLength : maxNameLength - 1)
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
  return name.includes('.') && !name.endsWith('.') ? name + '.' : name
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
  const start = name.length - (name.endsWith('.') ? 10 : 9)
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
  const rooted = name.endsWith('.')
  const itself = rooted ? name : name + '.'
  if (itself.length * 3 > maxNameLength && byteLength(itself) > maxNameLength) return []
  // Nearly all names end with another letter than those under .onion.
  const mayBeOnion = (itself.charCodeAt(itself.length - 2) | 0x20) === 110
  const own = mayBeOnion && avoidDNS(itself) ? [] : [itself]
  if (rooted || search.length === 0) return own
  const suffixed = search
    .map((suffix) => itself + suffix)
    .filter((fqdn) => !avoidDNS(fqdn) && byteLength(fqdn) <= maxNameLength)
  return countDots(name) >= ndots ? [...own, ...suffixed] : [...suffixed, ...own]
}

/** The name with a dot at its end. */
export function ensureRooted(name: string): string {
  return name.endsWith('.') ? name : name + '.'
}

/** Lower case for A to Z only, as names are compared in DNS (RFC 4343). */
export function lowerASCII(s: string): string {
  // Nearly all names are in lower case, and this tells so in 2 µs the first time, where a regular expression took 50.
  if (s.toLowerCase() === s) return s
  return s.replace(/[A-Z]/g, (c) => String.fromCharCode(c.charCodeAt(0) | 0x20))
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
