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
  readonly #byName = new Map<string, { addrs: string[]; canonical: string }>()
  readonly #byAddr = new Map<string, string[]>()

  /** Adds a line: an address in its canonical form and its names, the first of which is the canonical one. */
  add(addr: string, names: readonly string[]): void {
    const canonical = key(names[0] ?? '')
    let byAddr = this.#byAddr.get(addr)
    if (byAddr === undefined) this.#byAddr.set(addr, (byAddr = []))
    for (const name of names) {
      byAddr.push(absDomainName(name))
      const entry = this.#byName.get(key(name))
      if (entry === undefined) this.#byName.set(key(name), { addrs: [addr], canonical })
      else entry.addrs.push(addr)
    }
  }

  /** What the file says about a name, or null. The arrays belong to the caller. */
  lookupHost(name: string): HostsEntry | null {
    const entry = this.#byName.get(key(name))
    return entry === undefined ? null : { addrs: [...entry.addrs], canonical: entry.canonical }
  }

  /** The names of an address given as text, or null. The array belongs to the caller. */
  lookupAddr(addr: string): string[] | null {
    const names = this.#byAddr.get(literalIP(addr))
    return names === undefined ? null : [...names]
  }
}

/** Parses the text of a hosts file. Lines without an address or without a name are passed over. */
export function parseHosts(text: string): Hosts {
  const hosts = new Hosts()
  for (const line of lines(text)) {
    const [address = '', ...names] = fields(withoutComment(line))
    const addr = names.length === 0 ? '' : literalIP(address)
    if (addr !== '') hosts.add(addr, names)
  }
  return hosts
}

/** The hosts file of the system, or another, kept and read again when it changes. A missing file has no entries. */
export class HostsFile extends SystemFile<Hosts> {
  /** Makes a reader of a file; absent means /etc/hosts, or what Windows has in its place. `maxAge` as for SystemFile, in milliseconds. */
  constructor(path = systemPath(), maxAge?: number) {
    super(path, (text) => parseHosts(text ?? ''), maxAge)
  }
}

function systemPath(): string {
  if (process.platform !== 'win32') return '/etc/hosts'
  return `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
}

function key(name: string): string {
  return absDomainName(lowerASCII(name))
}

// IPv4 written as IPv6 stays a different address here, as it is a different line in the file.
function literalIP(s: string): string {
  const parsed = parseIPZone(s)
  if (parsed === null) return ''
  const { ip, zone } = parsed
  const text = ip.to4() !== null && s.includes(':') ? `::ffff:${ip.toString()}` : ip.toString()
  return zone === '' ? text : `${text}%${zone}`
}
