import { AddrError } from '@net/addr'
import { DNSError } from '@net/contract'
import { fields, leadingNumber, lines, withoutComment } from './field.ts'
import { lowerASCII } from '../dns/name.ts'
import { SystemFile } from './system_file.ts'

/** The services every system knows, for those without the file: names and ports on TCP. */
const tcp: readonly (readonly [string, number])[] = [
  ['ftp', 21],
  ['ftps', 990],
  ['gopher', 70],
  ['http', 80],
  ['https', 443],
  ['imap2', 143],
  ['imap3', 220],
  ['imaps', 993],
  ['pop3', 110],
  ['pop3s', 995],
  ['smtp', 25],
  ['ssh', 22],
  ['submissions', 465],
  ['telnet', 23],
]

// No file has longer names, and the limit keeps hostile ones cheap.
const maxName = 25

/**
 * Services and their ports (services(5)). A new table has the few that every system knows.
 *
 * @example
 * ```ts
 * import { Services } from '@net/resolve'
 *
 * const services = new Services()
 * services.set('tcp', 'game', 7000)
 * console.log(services.get('tcp', 'GAME'), services.get('udp', 'game')) // 7000 undefined
 * ```
 */
export class Services {
  readonly #ports = new Map<string, number>([['domain/udp', 53]])

  constructor() {
    for (const [name, port] of tcp) this.set('tcp', name, port)
  }

  /** Sets the port of a service on 'tcp' or 'udp'; a later one takes the place of an earlier one. */
  set(network: string, name: string, port: number): void {
    this.#ports.set(`${name}/${network}`, port)
  }

  /** The port of a service on 'tcp' or 'udp', whatever the case of `name`; undefined when it is not known. */
  get(network: 'tcp' | 'udp', name: string): number | undefined {
    return name.length < maxName ? this.#ports.get(`${lowerASCII(name)}/${network}`) : undefined
  }
}

/**
 * Parses the text of a services file on top of the built-in table. Lines that make no sense are passed over.
 *
 * @example
 * ```ts
 * import { parseServices } from '@net/resolve'
 *
 * console.log(parseServices('game 7000/udp play\n').get('udp', 'play')) // 7000
 * ```
 */
export function parseServices(text: string): Services {
  const services = new Services()
  for (const line of lines(text)) {
    const [name, portNetwork, ...aliases] = fields(withoutComment(line))
    if (name === undefined || portNetwork === undefined) continue
    const { value, length, ok } = leadingNumber(portNetwork)
    if (!ok || value === 0 || portNetwork[length] !== '/') continue
    const network = portNetwork.slice(length + 1)
    for (const n of [name, ...aliases]) services.set(network, n, value)
  }
  return services
}

/**
 * The services file of the system, or another, kept and read again when it changes. Without it the built-in
 * table holds.
 *
 * @example
 * ```ts
 * import { ServicesFile } from '@net/resolve'
 *
 * console.log(new ServicesFile('/no/such/file').get().get('tcp', 'https')) // 443
 * ```
 */
export class ServicesFile extends SystemFile<Services> {
  /** Makes a reader of a file; absent means /etc/services. `maxAge` as for SystemFile, in milliseconds. */
  constructor(path = '/etc/services', maxAge?: number) {
    super(path, (text) => parseServices(text ?? ''), maxAge)
  }
}

/**
 * The port of a service on a network: 'tcp', 'udp', each with 4 or 6, or 'ip' (also '') for either. A
 * number is taken as it is, '' is 0. Throws an AddrError for a network or a port that cannot be, a DNSError
 * that says isNotFound for a service that is not known.
 *
 * @example
 * ```ts
 * import { findPort, Services } from '@net/resolve'
 *
 * const services = new Services()
 * console.log(findPort(services, 'tcp', 'https'), findPort(services, 'udp', '7000')) // 443 7000
 * ```
 */
export function findPort(services: Services, network: string, service: string): number {
  const port = parsePort(service) ?? servicePort(services, network === '' ? 'ip' : network, service)
  if (port < 0 || port > 65535) throw new AddrError('invalid port', service)
  return port
}

function servicePort(services: Services, network: string, service: string): number {
  const family = /^(tcp|udp)[46]?$/.exec(network)?.[1]
  let port: number | undefined
  if (family === 'tcp' || family === 'udp') port = services.get(family, service)
  else if (network === 'ip') port = services.get('tcp', service) ?? services.get('udp', service)
  else throw new AddrError('unknown network', network)
  if (port === undefined)
    throw new DNSError('unknown port', `${family ?? 'ip'}/${service}`, { isNotFound: true })
  return port
}

// Go stops reading at this value: the number is then known to be too large, whatever follows.
const cutoff = 2 ** 30
const max = 2 ** 32 - 1

/**
 * The number a service is given as, with an optional sign, '' being 0; null when it is a name. It is
 * counted in 32 bits and wraps around on its way from below the cut-off, as Go's does.
 */
function parsePort(service: string): number | null {
  const negative = service.startsWith('-')
  let n = 0
  for (let i = negative || service.startsWith('+') ? 1 : 0; i < service.length; i++) {
    const digit = service.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return null
    if (n >= cutoff) break
    n = Math.min((Math.imul(n, 10) >>> 0) + digit, max)
    if (n === max) break
  }
  return negative && n !== 0 ? -n : n
}
