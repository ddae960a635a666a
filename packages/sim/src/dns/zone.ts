import { parseIP } from '@net/addr'
import { CLASS_IN, RRType, type RR, type RRData } from '@net/resolve'

/**
 * The records of a zone: for each name, with or without a dot at its end, its records by type. Names within records are as those of
 * the zone: 'www' and 'www.example.com.' may mean the same, when `origin` is 'example.com'.
 */
export type Zone = Readonly<Record<string, ZoneRecords>>

/** The records of a name. */
export interface ZoneRecords {
  /** IPv4 addresses. */
  readonly A?: readonly string[] | undefined
  /** IPv6 addresses. */
  readonly AAAA?: readonly string[] | undefined
  /** The name that this one is an alias of. */
  readonly CNAME?: string | undefined
  /** Texts. */
  readonly TXT?: readonly string[] | undefined
  /** Name servers. */
  readonly NS?: readonly string[] | undefined
  /** The name of an address, in in-addr.arpa or ip6.arpa. */
  readonly PTR?: string | undefined
  /** Mail exchanges. */
  readonly MX?: readonly { readonly pref: number; readonly host: string }[] | undefined
  /** Places of a service. */
  readonly SRV?:
    | readonly {
        readonly priority?: number | undefined
        readonly weight?: number | undefined
        readonly port: number
        readonly target: string
      }[]
    | undefined
  /** How long the records may be kept, in seconds; 60. */
  readonly ttl?: number | undefined
}

/** The name in lower case, with a dot at its end. */
function rooted(name: string, origin = '.'): string {
  const lower = name.toLowerCase()
  if (lower.endsWith('.')) return lower
  const root = origin.endsWith('.') ? origin.toLowerCase() : `${origin.toLowerCase()}.`
  if (lower === '@') return root
  return root === '.' || `${lower}.`.endsWith(`.${root}`) || `${lower}.` === root
    ? `${lower}.`
    : `${lower}.${root}`
}

/** The records of a zone by name. Throws a TypeError for what is no address. */
export function readZone(zone: Zone, origin = '.'): Map<string, RR[]> {
  const records = new Map<string, RR[]>()
  for (const [given, of] of Object.entries(zone)) {
    const name = rooted(given, origin)
    const list = records.get(name) ?? []
    records.set(name, list)
    const ttl = of.ttl ?? 60
    const target = (text: string): string => rooted(text, origin)
    const add = (type: number, data: RRData): void => {
      list.push({ name, type, class: CLASS_IN, ttl, data })
    }
    for (const text of of.A ?? []) add(RRType.A, { kind: 'A', ip: addressOf(text, 4) })
    for (const text of of.AAAA ?? []) add(RRType.AAAA, { kind: 'AAAA', ip: addressOf(text, 16) })
    if (of.CNAME !== undefined) add(RRType.CNAME, { kind: 'CNAME', target: target(of.CNAME) })
    if (of.PTR !== undefined) add(RRType.PTR, { kind: 'PTR', target: target(of.PTR) })
    for (const text of of.NS ?? []) add(RRType.NS, { kind: 'NS', target: target(text) })
    for (const text of of.TXT ?? []) add(RRType.TXT, { kind: 'TXT', strings: stringsOf(text) })
    for (const { pref, host } of of.MX ?? []) add(RRType.MX, { kind: 'MX', pref, target: target(host) })
    for (const srv of of.SRV ?? []) {
      const { priority = 0, weight = 0, port } = srv
      add(RRType.SRV, { kind: 'SRV', priority, weight, port, target: target(srv.target) })
    }
  }
  return records
}

function addressOf(text: string, byteLength: 4 | 16): ReturnType<typeof parseIP> & object {
  const ip = parseIP(text)
  const fits = byteLength === 4 ? (ip?.to4() ?? null) : ip?.to4() === null ? ip : null
  if (fits === null) throw new TypeError(`${text} is no address of ${byteLength} bytes`)
  return fits
}

// A string of a TXT record has 255 bytes at most.
function stringsOf(text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text)
  const strings: Uint8Array[] = []
  for (let i = 0; i < bytes.byteLength || i === 0; i += 255) strings.push(bytes.subarray(i, i + 255))
  return strings
}
