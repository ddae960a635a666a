import { parseIPZone } from '@net/addr'
import { fields, lines, withoutComment } from './field.ts'
import { absDomainName, lowerASCII } from '../dns/name.ts'
import { SystemFile } from './system_file.ts'

/** What a hosts file says about a name. */
export interface HostsEntry {
  /** The addresses as text, with zones, in the file's order. */
  readonly addrs: readonly string[]
  /** The first name on the first line that has the name, lower case, rooted when it has a dot. */
  readonly canonical: string
}

/** The content of a hosts file (hosts(5)): names to addresses and back. Upper and lower case count as equal. */
export class Hosts {
  // Lists of blocked names have a million lines of one name and one address: such a line takes an entry in a map and no object.
  readonly #byName = new Map<string, readonly string[]>()
  readonly #canonical = new Map<string, string>() // of those names that have another for it
  readonly #byAddr = new Map<string, { readonly list: readonly [string]; readonly names: string[] }>()

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
      this.#byName.set(name, addrs === undefined ? byAddr.list : [...addrs, addr])
      if (addrs === undefined && name !== canonical) this.#canonical.set(name, canonical)
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

/** Parses the text of a hosts file. Lines without an address or without a name are passed over. */
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
  let last = { text: '', addr: '' } // lines of one address come one after the other
  for (const line of list) {
    const [text = '', ...names] = fields(withoutComment(line))
    if (names.length === 0) continue
    if (text !== last.text) last = { text, addr: literalIP(text) }
    if (last.addr !== '') hosts.add(last.addr, names)
  }
}

/** The hosts file of the system, or another, kept and read again when it changes. A missing file has no entries. */
export class HostsFile extends SystemFile<Hosts> {
  /** Makes a reader of a file; absent means /etc/hosts, or what Windows has in its place. `maxAge` as for SystemFile, in milliseconds. */
  constructor(path = systemPath(), maxAge?: number) {
    super(path, (text) => parseHosts(text ?? ''), maxAge, parsePieces)
  }
}

function systemPath(): string {
  if (process.platform !== 'win32') return '/etc/hosts'
  return `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
}

// IPv4 written as IPv6 stays a different address here, as it is a different line in the file.
function literalIP(s: string): string {
  const parsed = parseIPZone(s)
  if (parsed === null) return ''
  const { ip, zone } = parsed
  const text = ip.to4() !== null && s.includes(':') ? `::ffff:${ip.toString()}` : ip.toString()
  return zone === '' ? text : `${text}%${zone}`
}
