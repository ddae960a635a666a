import { AddrError } from '@net/addr'
import { fields, leadingNumber, lines, withoutComment } from './field.ts'
import { lowerASCII } from '../dns/name.ts'
import { SystemFile } from './system_file.ts'

const maxName = 25

/**
 * IP protocols and their numbers (protocols(5)). A new table has the few that every system knows.
 *
 * @example
 * ```ts
 * import { Protocols } from '@net/resolve'
 *
 * const protocols = new Protocols()
 * protocols.add('sctp', 132)
 * console.log(protocols.get('SCTP'), protocols.get('egp')) // 132 undefined
 * ```
 */
export class Protocols {
  readonly #numbers = new Map([
    ['icmp', 1],
    ['igmp', 2],
    ['tcp', 6],
    ['udp', 17],
    ['ipv6-icmp', 58],
  ])

  /** Sets the number of a protocol, unless it has one. */
  add(name: string, number: number): void {
    if (!this.#numbers.has(name)) this.#numbers.set(name, number)
  }

  /** The number of a protocol, whatever the case of `name`; undefined when it is not known. */
  get(name: string): number | undefined {
    return name.length <= maxName ? this.#numbers.get(lowerASCII(name)) : undefined
  }
}

/**
 * Parses the text of a protocols file on top of the built-in table. Lines that make no sense are passed over.
 *
 * @example
 * ```ts
 * import { parseProtocols } from '@net/resolve'
 *
 * console.log(parseProtocols('sctp 132 SCTP\n').get('sctp')) // 132
 * ```
 */
export function parseProtocols(text: string): Protocols {
  const protocols = new Protocols()
  for (const line of lines(text)) {
    const [name, number, ...aliases] = fields(withoutComment(line))
    if (name === undefined || number === undefined) continue
    const { value, ok } = leadingNumber(number)
    if (ok) for (const n of [name, ...aliases]) protocols.add(n, value)
  }
  return protocols
}

/**
 * The protocols file of the system, or another, kept and read again when it changes. Without it the
 * built-in table holds.
 *
 * @example
 * ```ts
 * import { ProtocolsFile } from '@net/resolve'
 *
 * console.log(new ProtocolsFile('/no/such/file').get().get('tcp')) // 6
 * ```
 */
export class ProtocolsFile extends SystemFile<Protocols> {
  /** Makes a reader of a file; absent means /etc/protocols. `maxAge` as for SystemFile, in milliseconds. */
  constructor(path = '/etc/protocols', maxAge?: number) {
    super(path, (text) => parseProtocols(text ?? ''), maxAge)
  }
}

/**
 * The number of an IP protocol by name. Throws an AddrError when it is not known.
 *
 * @example
 * ```ts
 * import { findProtocol, Protocols } from '@net/resolve'
 *
 * console.log(findProtocol(new Protocols(), 'UDP')) // 17
 * ```
 */
export function findProtocol(protocols: Protocols, name: string): number {
  const number = protocols.get(name)
  if (number === undefined) throw new AddrError('unknown IP protocol specified', name)
  return number
}
