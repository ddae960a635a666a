import { parseIP, type IP, type IPAddr } from '@net/addr'

/** What RFC 6724 knows of an address. */
interface Attributes {
  readonly ip: IP | null
  readonly scope: number
  readonly precedence: number
  readonly label: number
}

/** A row of the policy table (RFC 6724 section 2.1). */
export interface PrefixPolicy {
  /** The start of the addresses it holds for. */
  readonly prefix: string
  /** How many leading bits count. */
  readonly bits: number
  /** A number of the table: the higher, the better a destination. */
  readonly precedence: number
  /** A number of the table: sources and destinations of equal label go together. */
  readonly label: number
}

/** The default policy of RFC 6724 section 2.1, longest prefix first. */
export const policyTable: readonly PrefixPolicy[] = [
  { prefix: '::1', bits: 128, precedence: 50, label: 0 },
  { prefix: '::ffff:0:0', bits: 96, precedence: 35, label: 4 },
  { prefix: '::', bits: 96, precedence: 1, label: 3 },
  { prefix: '2001::', bits: 32, precedence: 5, label: 5 },
  { prefix: '2002::', bits: 16, precedence: 30, label: 2 },
  { prefix: '3ffe::', bits: 16, precedence: 1, label: 12 },
  { prefix: 'fec0::', bits: 10, precedence: 1, label: 11 },
  { prefix: 'fc00::', bits: 7, precedence: 3, label: 13 },
  { prefix: '::', bits: 0, precedence: 40, label: 1 },
]

const words = [0, 1, 2, 3] as const

let parsed: readonly { readonly policy: PrefixPolicy; readonly ip: IP | null }[] | undefined

// Parsed when addresses are first sorted, as not every program does.
function prefixes(): NonNullable<typeof parsed> {
  return (parsed ??= policyTable.map((policy) => ({ policy, ip: parseIP(policy.prefix) })))
}

/**
 * The row of the policy table that holds for an address: that of the longest prefix that contains it.
 *
 * @example
 * ```ts
 * import { parseIP } from '@net/addr'
 * import { classify } from '@net/resolve'
 *
 * const loopback = parseIP('::1')
 * if (loopback !== null) console.log(classify(loopback).precedence) // 50
 * ```
 */
export function classify(ip: IP): PrefixPolicy {
  const row = prefixes().find(({ policy, ip: prefix }) =>
    words.every((i) => {
      const bits = Math.min(32, policy.bits - 32 * i)
      return prefix !== null && commonBits(prefix.uint32(i), ip.uint32(i)) >= bits
    }),
  )
  if (row === undefined) throw new Error('the policy table has no row for everything')
  return row.policy
}

/**
 * The scope of an address (RFC 6724 section 3.1): 2 link-local, 5 site-local, 14 global, or that of a
 * multicast one.
 *
 * @example
 * ```ts
 * import { ipv4 } from '@net/addr'
 * import { scopeOf } from '@net/resolve'
 *
 * console.log(scopeOf(ipv4(127, 0, 0, 1)), scopeOf(ipv4(192, 0, 2, 1))) // 2 14
 * ```
 */
export function scopeOf(ip: IP): number {
  if (ip.isLoopback || ip.isLinkLocalUnicast) return 0x2
  const word = ip.to4() === null ? ip.uint32(0) : 0
  if (word >>> 24 === 0xff) return (word >>> 16) & 0xf
  if (word >>> 22 === 0xfec0 >>> 6) return 0x5
  return 0xe
}

/**
 * How many leading bits two addresses have in common: at most 64 of IPv6, 32 of IPv4; 0 across the families.
 *
 * @example
 * ```ts
 * import { ipv4 } from '@net/addr'
 * import { commonPrefixLength } from '@net/resolve'
 *
 * console.log(commonPrefixLength(ipv4(192, 0, 2, 1), ipv4(192, 0, 3, 1))) // 23
 * ```
 */
export function commonPrefixLength(a: IP, b: IP): number {
  const [a4, b4] = [a.to4(), b.to4()]
  if ((a4 === null) !== (b4 === null)) return 0
  if (a4 !== null) return commonBits(a.uint32(3), b.uint32(3))
  const first = commonBits(a.uint32(0), b.uint32(0))
  return first < 32 ? first : 32 + commonBits(a.uint32(1), b.uint32(1))
}

/**
 * Sorts addresses in place, the best destination first (RFC 6724 section 6; rules 3, 4 and 7 need knowledge
 * the system does not give, and rule 9 is for IPv6 only). `sources` are the addresses this host would send
 * from to each, null where it has no route. Gives the array back.
 *
 * @example
 * ```ts
 * import { IPAddr } from '@net/addr'
 * import { sortByRFC6724 } from '@net/resolve'
 *
 * const addrs = ['127.0.0.1', '::1'].map((ip) => IPAddr.from({ ip }))
 * console.log(String(sortByRFC6724(addrs, addrs.map(({ ip }) => ip))[0])) // ::1
 * ```
 */
export function sortByRFC6724(addrs: IPAddr[], sources: readonly (IP | null)[]): IPAddr[] {
  const items = addrs.map((addr, i) => ({
    addr,
    to: attributes(addr.ip),
    from: attributes(sources[i] ?? null),
  }))
  const order = (a: Item, b: Item): number => better(a, b) - better(b, a)
  // The rules are no total order, so how one sorts shows: a few addresses are inserted one by one, as Go
  // does.
  if (items.length <= 20) insertionSort(items, order)
  else items.sort(order)
  items.forEach((item, i) => (addrs[i] = item.addr))
  return addrs
}

interface Item {
  readonly addr: IPAddr
  readonly to: Attributes
  readonly from: Attributes
}

/** Less than 0 when a is better than b by one of the rules, 0 when no rule prefers it. */
function better(a: Item, b: Item): number {
  if (a.from.ip === null) return 0
  if (b.from.ip === null) return -1
  const scope = Number(a.to.scope === a.from.scope) - Number(b.to.scope === b.from.scope)
  if (scope !== 0) return scope > 0 ? -1 : 0
  const label = Number(a.to.label === a.from.label) - Number(b.to.label === b.from.label)
  if (label !== 0) return label > 0 ? -1 : 0
  if (a.to.precedence !== b.to.precedence) return a.to.precedence > b.to.precedence ? -1 : 0
  if (a.to.scope !== b.to.scope) return a.to.scope < b.to.scope ? -1 : 0
  if (a.to.ip === null || b.to.ip === null || a.to.ip.to4() !== null || b.to.ip.to4() !== null) return 0
  return commonPrefixLength(a.from.ip, a.to.ip) > commonPrefixLength(b.from.ip, b.to.ip) ? -1 : 0
}

/**
 * Splits addresses into those of the first one's family and the others, each in its order (RFC 8305).
 *
 * @example
 * ```ts
 * import { IPAddr } from '@net/addr'
 * import { partition } from '@net/resolve'
 *
 * const addrs = ['::1', '127.0.0.1', '::2'].map((ip) => IPAddr.from({ ip }))
 * console.log(String(partition(addrs).fallbacks)) // 127.0.0.1
 * ```
 */
export function partition(addrs: readonly IPAddr[]): { primaries: IPAddr[]; fallbacks: IPAddr[] } {
  const first = addrs[0] === undefined || isIPv4(addrs[0])
  return {
    primaries: addrs.filter((a) => isIPv4(a) === first),
    fallbacks: addrs.filter((a) => isIPv4(a) !== first),
  }
}

/**
 * The one address that resolving `address` gives: the first of IPv4, or of IPv6 when the address was
 * written as IPv6; the first of all when there is none such. Null for an empty list.
 *
 * @example
 * ```ts
 * import { IPAddr } from '@net/addr'
 * import { forResolve } from '@net/resolve'
 *
 * const addrs = ['::1', '127.0.0.1'].map((ip) => IPAddr.from({ ip }))
 * console.log(String(forResolve('tcp', 'localhost:80', addrs))) // 127.0.0.1
 * ```
 */
export function forResolve(network: string, address: string, addrs: readonly IPAddr[]): IPAddr | null {
  const want6 = /^(tcp|udp)$/.test(network)
    ? address.includes('[')
    : network === 'ip' && address.includes(':')
  return addrs.find((a) => isIPv4(a) !== want6) ?? addrs[0] ?? null
}

function isIPv4(addr: IPAddr): boolean {
  return addr.ip !== null && addr.ip.to4() !== null
}

function attributes(ip: IP | null): Attributes {
  if (ip === null) return { ip, scope: 0, precedence: 0, label: 0 }
  const { precedence, label } = classify(ip)
  return { ip, scope: scopeOf(ip), precedence, label }
}

function commonBits(a: number, b: number): number {
  return Math.clz32(a ^ b)
}

function insertionSort<T>(items: T[], order: (a: T, b: T) => number): void {
  for (let i = 1; i < items.length; i++) {
    for (let j = i; j > 0; j--) {
      const [a, b] = [items[j - 1], items[j]]
      if (a === undefined || b === undefined || order(b, a) >= 0) break
      items[j - 1] = b
      items[j] = a
    }
  }
}
