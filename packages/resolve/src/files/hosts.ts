import { parseIPZone } from '@net/addr'
import { fields, lines, withoutComment } from './field.ts'
import { absDomainName, lowerASCII } from '../dns/name.ts'
import { hostsPath } from './platform.ts'
import { SystemFile } from './system_file.ts'

/** What a hosts file says about a name. */
export interface HostsEntry {
  /** The addresses as text, with zones, in the file's order. */
  readonly addrs: readonly string[]
  /** The first name on the first line that has the name, lower case, rooted when it has a dot. */
  readonly canonical: string
}

/**
 * The content of a hosts file (hosts(5)): names to addresses and back. Upper and lower case count as equal.
 *
 * @example
 * ```ts
 * import { parseHosts } from '@net/resolve'
 *
 * const hosts = parseHosts('192.0.2.1 www.example.com www\n')
 * console.log(hosts.lookupHost('WWW')?.addrs.join()) // 192.0.2.1
 * console.log(hosts.lookupAddr('192.0.2.1')?.join()) // www.example.com.,www
 * ```
 */
export class Hosts {
  // Lists of blocked names have a million lines of one name and one address. Such a line makes no object,
  // as names share the lists of one address, and only a name that has another for its canonical one has an
  // entry of its own for that.
  readonly #byName = new Map<string, string[]>()
  readonly #canonical = new Map<string, string>()
  readonly #byAddr = new Map<string, { readonly list: string[]; readonly names: string[] }>()

  /** Adds a line: an address in its canonical form and its names, the first of which is the canonical one. */
  add(addr: string, names: readonly string[]): void {
    const canonical = lowerASCII(absDomainName(names[0] ?? ''))
    let byAddr = this.#byAddr.get(addr)
    if (byAddr === undefined) this.#byAddr.set(addr, (byAddr = { list: [addr], names: [] }))
    for (const given of names) {
      const rooted = absDomainName(given)
      const name = lowerASCII(rooted)
      byAddr.names.push(rooted)
      const addrs = this.#byName.get(name)
      if (addrs === undefined) {
        this.#byName.set(name, byAddr.list)
        if (name !== canonical) this.#canonical.set(name, canonical)
      } else if (addrs.length === 1) {
        this.#byName.set(name, [...addrs, addr])
      } else {
        addrs.push(addr)
      }
    }
  }

  /** What the file says about a name, or null. The arrays belong to the caller. */
  lookupHost(name: string): HostsEntry | null {
    const key = lowerASCII(absDomainName(name))
    const addrs = this.#byName.get(key)
    return addrs === undefined ? null : { addrs: [...addrs], canonical: this.#canonical.get(key) ?? key }
  }

  /** The names of an address given as text, or null. The array belongs to the caller. */
  lookupAddr(addr: string): string[] | null {
    const entry = this.#byAddr.get(literalIP(addr))
    return entry === undefined ? null : [...entry.names]
  }
}

/**
 * Parses the text of a hosts file. Lines without an address or without a name are passed over, so nothing
 * is an error.
 *
 * @example
 * ```ts
 * import { parseHosts } from '@net/resolve'
 *
 * const entry = parseHosts('192.0.2.1 www.example.com www # the web\n').lookupHost('www')
 * console.log(entry?.canonical) // www.example.com.
 * ```
 */
export function parseHosts(text: string): Hosts {
  const hosts = new Hosts()
  addLines(hosts, lines(text))
  return hosts
}

function* parsePieces(pieces: Iterable<string>): Generator<undefined, Hosts> {
  const hosts = new Hosts()
  let rest = ''
  for (const piece of pieces) {
    const list = (rest + piece).split('\n')
    rest = list.pop() ?? ''
    addLines(hosts, list)
    yield
  }
  addLines(hosts, [rest])
  return hosts
}

function addLines(hosts: Hosts, list: readonly string[]): void {
  let last = { text: '', addr: '' } // Lines of one address often follow each other.
  for (const line of list) {
    const [text = '', ...names] = fields(withoutComment(line))
    if (names.length === 0) continue
    if (text !== last.text) last = { text, addr: literalIP(text) }
    if (last.addr !== '') hosts.add(last.addr, names)
  }
}

/**
 * The hosts file of the system, or another, kept and read again when it changes. A missing file has no
 * entries.
 *
 * @example
 * ```ts
 * import { HostsFile } from '@net/resolve'
 *
 * const hosts = await new HostsFile().load()
 * console.log(hosts.lookupHost('no.such.name.example')) // null
 * ```
 */
export class HostsFile extends SystemFile<Hosts> {
  /**
   * Makes a reader of a file; absent means /etc/hosts, or what Windows has in its place. `maxAge` as for
   * SystemFile, in milliseconds.
   */
  constructor(path = hostsPath(), maxAge?: number) {
    super(path, (text) => parseHosts(text ?? ''), maxAge, parsePieces)
  }
}

// IPv4 written as IPv6 stays a different address here, as it is a different line in the file.
function literalIP(s: string): string {
  const parsed = parseIPZone(s)
  if (parsed === null) return ''
  const { ip, zone } = parsed
  const text = ip.to4() !== null && s.includes(':') ? `::ffff:${ip.toString()}` : ip.toString()
  return zone === '' ? text : `${text}%${zone}`
}
