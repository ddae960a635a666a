import { ParseError } from './errors.ts'
import { IP } from './ip.ts'

// Results of the scanners below, which run to their end before anyone else can call them: no object per parse.
let scanned = 0
const groups = new Int32Array(8)

const dot = 46
const colon = 58

/**
 * Reads an IP address: dotted decimal, or IPv6 as in RFC 4291 section 2.2. Null for anything else. Strict: no
 * leading zeros in decimal numbers, no zone, no space. The result has the form of 16 bytes, also for IPv4.
 */
export function parseIP(s: string): IP | null {
  // Neither a number nor a group has more than four digits, so one of the first five characters decides.
  for (let i = 0; i < 5 && i < s.length; i++) {
    const c = s.charCodeAt(i)
    if (c === dot) return scanIPv4(s, 0) ? IP.fromUint32s(0, 0, 0xffff, scanned) : null
    if (c === colon) return parseIPv6(s)
  }
  return null
}

/** Reads four decimal numbers with dots from `i` to the end of `s` into `scanned`. */
function scanIPv4(s: string, i: number): boolean {
  let word = 0
  let octet = -1
  let dots = 0
  for (; i < s.length; i++) {
    const digit = s.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return false
      octet = octet < 0 ? digit : octet * 10 + digit
      if (octet > 255) return false
    } else {
      if (digit !== dot - 48 || octet < 0 || dots === 3) return false
      word = (word << 8) | octet
      octet = -1
      dots++
    }
  }
  if (octet < 0 || dots !== 3) return false
  scanned = (word << 8) | octet
  return true
}

function parseIPv6(s: string): IP | null {
  const end = s.length
  let i = 0
  let n = 0
  let ellipsis = -1
  if (s.charCodeAt(0) === colon) {
    if (s.charCodeAt(1) !== colon) return null
    ellipsis = 0
    i = 2
  }
  while (i < end) {
    if (n === 8) return null
    const start = i
    let value = 0
    let c = 0
    for (; i < end; i++) {
      c = s.charCodeAt(i)
      if (c >= 48 && c <= 57) {
        value = (value << 4) | (c - 48)
      } else {
        const lower = c | 0x20
        if (lower < 97 || lower > 102) break
        value = (value << 4) | (lower - 87)
      }
      if (i - start === 4) return null
    }
    if (i === start) return null
    if (i < end && c === dot) {
      if (ellipsis < 0 ? n !== 6 : n > 6) return null
      if (!scanIPv4(s, start)) return null
      groups[n++] = scanned >>> 16
      groups[n++] = scanned & 0xffff
      break
    }
    groups[n++] = value
    if (i === end) break
    if (c !== colon || ++i === end) return null
    if (s.charCodeAt(i) === colon) {
      if (ellipsis >= 0) return null
      ellipsis = n
      i++
    }
  }
  if (ellipsis < 0) return n === 8 ? groupsIP() : null
  if (n === 8) return null
  groups.copyWithin(8 - n + ellipsis, ellipsis, n)
  groups.fill(0, ellipsis, 8 - n + ellipsis)
  return groupsIP()
}

function groupsIP(): IP {
  return IP.fromUint32s(pair(0), pair(2), pair(4), pair(6))
}

function pair(i: number): number {
  return ((groups[i] ?? 0) << 16) | (groups[i + 1] ?? 0)
}

/**
 * Reads an IP address with an optional zone, 'fe80::1%eth0': what follows '%' names an interface of this host
 * and is not looked at. Null for anything else, an empty zone, and a zone on dotted decimal. Zone is '' when
 * there is none.
 */
export function parseIPZone(s: string): { ip: IP; zone: string } | null {
  const percent = s.indexOf('%')
  const ip = parseIP(percent < 0 ? s : s.slice(0, percent))
  if (ip === null) return null
  if (percent < 0) return { ip, zone: '' }
  const zone = s.slice(percent + 1)
  return zone === '' || s.indexOf(':') < 0 || s.indexOf(':') > percent ? null : { ip, zone }
}

/**
 * Reads what `IP.toJSON` wrote, for use in revivers and configuration: like `parseIP`, but '' is null (no
 * address) and anything else that is not an address is a ParseError of type 'IP address'.
 */
export function unmarshalIP(text: string): IP | null {
  if (text === '') return null
  const ip = parseIP(text)
  if (ip === null) throw new ParseError('IP address', text)
  return ip
}
