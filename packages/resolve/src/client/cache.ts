import { lowerASCII } from '../dns/name.ts'
import type { Parser } from '../dns/parser.ts'
import { RRType, type RRHeader } from '../dns/rr.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/** A reply at its first record of the type asked for, whose header is read. */
export interface Found {
  /** Reads on from there. */
  readonly parser: Parser
  /** The header of that record. */
  readonly first: RRHeader
}

/** What is kept of a reply. */
export interface CachedReply {
  /** The server that gave it. */
  readonly server: string
  /** The records; null when there is no such name or record. */
  readonly found: Found | null
}

/** An entry of a cache, for people to see. */
export interface CacheEntry {
  /** The name that was asked for, lower case, with a dot at its end. */
  readonly name: string
  /** The number of the record type. */
  readonly type: number
  /** The server that answered. */
  readonly server: string
  /** Whether there were records. */
  readonly found: boolean
  /** For how many more seconds it is kept. */
  readonly ttl: number
}

interface Kept extends CachedReply {
  readonly name: string
  readonly type: number
  readonly expires: number
}

const maxTTL = 86_400

/**
 * Replies of DNS servers, each kept for as long as it says (a day at most): records for the smallest of
 * their TTLs, the absence of a name for what the zone's SOA says (RFC 2308); what says neither is not kept.
 * One cache may serve several resolvers if they ask the same servers.
 *
 * @example
 * ```ts
 * import { posix } from '@net/posix'
 * import { DNSCache, resolverOver } from '@net/resolve'
 *
 * const resolver = resolverOver(posix(), { cache: new DNSCache() })
 * console.log(await resolver.lookupHost('::1').then(String)) // ::1
 * ```
 */
export class DNSCache {
  readonly #max: number
  readonly #kept = new Map<string, Kept>()

  /** Makes an empty cache. `maxEntries` replies are kept at most, 1000 when absent; the oldest go first. */
  constructor(maxEntries = 1000) {
    this.#max = maxEntries
  }

  /** How many replies are kept, those included whose time is over but that nobody has asked for since. */
  get size(): number {
    return this.#kept.size
  }

  /** What is kept now, oldest first. */
  *entries(): IterableIterator<CacheEntry> {
    const now = performance.now()
    for (const { name, type, server, found, expires } of this.#kept.values()) {
      if (expires > now) yield { name, type, server, found: found !== null, ttl: (expires - now) / 1000 }
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.clear()
  }

  /** Forgets what is kept of a name, with or without the dot at its end. Gives whether there was anything. */
  delete(name: string): boolean {
    const fqdn = lowerASCII(name.endsWith('.') ? name : name + '.')
    const keys = [...this.#kept].filter(([, kept]) => kept.name === fqdn).map(([key]) => key)
    return keys.map((key) => this.#kept.delete(key)).includes(true)
  }

  /** What is kept of a question, or null. For resolvers. */
  get(name: string, type: number): CachedReply | null {
    const key = keyOf(name, type)
    const kept = this.#kept.get(key)
    if (kept === undefined) return null
    if (kept.expires > performance.now()) return { server: kept.server, found: copyOf(kept.found) }
    this.#kept.delete(key)
    return null
  }

  /** Keeps a reply, `whole` being all of it, for as long as its records say. For resolvers. */
  set(name: string, type: number, reply: CachedReply, whole: Parser): void {
    const ttl = whole.header.truncated ? 0 : Math.min(timeToLive(whole, reply.found !== null), maxTTL)
    if (!(ttl > 0)) return
    const key = keyOf(name, type)
    this.#kept.delete(key)
    const { server, found } = reply
    const expires = performance.now() + ttl * 1000
    this.#kept.set(key, { name: lowerASCII(name), type, server, found: copyOf(found), expires })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#max) break
      this.#kept.delete(oldest)
    }
  }
}

function keyOf(name: string, type: number): string {
  return `${type} ${lowerASCII(name)}`
}

function copyOf(found: Found | null): Found | null {
  return found === null ? null : { parser: found.parser.clone(), first: found.first }
}

/** For how many seconds a reply may be kept; 0 for one that is not to be kept. */
function timeToLive(whole: Parser, found: boolean): number {
  try {
    return smallestTTL(whole, found)
  } catch (e) {
    if (e instanceof DNSMessageError) return 0 // what is malformed further on may be used, but not kept
    throw e
  }
}

function smallestTTL(whole: Parser, found: boolean): number {
  let ttl = Infinity
  for (let h = whole.next('answers'); h !== null; h = whole.next('answers')) ttl = Math.min(ttl, h.ttl)
  if (found) return ttl
  for (let h = whole.next('authorities'); h !== null; h = whole.next('authorities')) {
    if (h.type !== RRType.SOA) continue
    const data = whole.data()
    if (data.kind === 'SOA') return Math.min(ttl, h.ttl, data.minTTL)
  }
  return 0
}
