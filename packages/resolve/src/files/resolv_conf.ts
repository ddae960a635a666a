import { joinHostPort, parseIPZone } from '@net/addr'
import { fields, leadingNumber, lines } from './field.ts'
import { ensureRooted } from '../dns/name.ts'
import { SystemFile } from './system_file.ts'

/** How to ask DNS: what a resolv.conf says (resolv.conf(5)), or its defaults. */
export interface ResolvConf {
  /** The servers as host:port, at most three when read from a file. */
  readonly servers: readonly string[]
  /** The domains that names are looked for in, each with a dot at its end. */
  readonly search: readonly string[]
  /** How many dots a name must have to be asked for as it is first. */
  readonly ndots: number
  /** How long a server may take to answer one query, in milliseconds. */
  readonly timeout: number
  /** How many times the list of servers is gone through. */
  readonly attempts: number
  /** Whether each query begins with another server. */
  readonly rotate: boolean
  /** Whether AAAA is asked for only after A was answered. */
  readonly singleRequest: boolean
  /** Whether only TCP is used. */
  readonly useTCP: boolean
  /** Whether queries ask for the AD bit (RFC 6840 section 5.7). */
  readonly trustAD: boolean
  /** Whether the file is never read again. */
  readonly noReload: boolean
  /** Whether the file has something that this resolver does not know, so that the system's is to be asked. */
  readonly unknownOpt: boolean
  /** The order of means on OpenBSD: 'file', 'bind'; empty when the file does not say. */
  readonly lookup: readonly string[]
  /** Why the file could not be read, or null. */
  readonly error: Error | null
}

const seconds = 1000

/** What holds where the file says nothing, and where there is no file. */
export const defaultResolvConf: ResolvConf = {
  servers: ['127.0.0.1:53', '[::1]:53'],
  search: [],
  ndots: 1,
  timeout: 5 * seconds,
  attempts: 2,
  rotate: false,
  singleRequest: false,
  useTCP: false,
  trustAD: false,
  noReload: false,
  unknownOpt: false,
  lookup: [],
  error: null,
}

type Draft = { -readonly [K in keyof ResolvConf]: ResolvConf[K] }

/**
 * Parses the text of a resolv.conf. `hostName` is this machine's name, whose domain is searched when the
 * file names none; null when it is not known. Nothing in the file is an error: what is not known sets
 * `unknownOpt`.
 *
 * @example
 * ```ts
 * import { parseResolvConf } from '@net/resolve'
 *
 * const conf = parseResolvConf('nameserver 192.0.2.53\noptions timeout:1\n')
 * console.log(conf.servers[0], conf.timeout) // 192.0.2.53:53 1000
 * ```
 */
export function parseResolvConf(text: string, hostName: string | null = null): ResolvConf {
  const conf: Draft = { ...defaultResolvConf }
  const servers: string[] = []
  for (const line of lines(text)) {
    if (line.startsWith(';') || line.startsWith('#')) continue
    const [keyword, ...values] = fields(line)
    const [first] = values
    switch (keyword) {
      case undefined:
        break
      case 'nameserver':
        if (first !== undefined && servers.length < 3 && parseIPZone(first) !== null) {
          servers.push(joinHostPort(first, 53))
        }
        break
      case 'domain':
        if (first !== undefined) conf.search = [ensureRooted(first)]
        break
      case 'search':
        conf.search = values.map(ensureRooted).filter((domain) => domain !== '.')
        break
      case 'options':
        for (const option of values) setOption(conf, option)
        break
      case 'lookup':
        conf.lookup = values
        break
      default:
        conf.unknownOpt = true
    }
  }
  if (servers.length > 0) conf.servers = servers
  if (conf.search.length === 0) conf.search = defaultSearch(hostName)
  return conf
}

function setOption(conf: Draft, option: string): void {
  const colon = option.indexOf(':') + 1
  const { value } = leadingNumber(option.slice(colon))
  switch (option.slice(0, colon)) {
    case 'ndots:':
      conf.ndots = Math.min(value, 15)
      return
    case 'timeout:':
      conf.timeout = Math.max(value, 1) * seconds
      return
    case 'attempts:':
      conf.attempts = Math.max(value, 1)
      return
  }
  switch (option) {
    case 'rotate':
      conf.rotate = true
      break
    case 'single-request':
    case 'single-request-reopen':
      conf.singleRequest = true
      break
    case 'use-vc':
    case 'usevc':
    case 'tcp':
      conf.useTCP = true
      break
    case 'trust-ad':
      conf.trustAD = true
      break
    case 'edns0': // Queries carry it anyway.
      break
    case 'no-reload':
      conf.noReload = true
      break
    default:
      conf.unknownOpt = true
  }
}

function defaultSearch(hostName: string | null): string[] {
  const dot = hostName?.indexOf('.') ?? -1
  const domain = dot < 0 ? '' : (hostName ?? '').slice(dot + 1)
  return domain === '' ? [] : [ensureRooted(domain)]
}

/** The name of this machine, or null when the system does not tell. */
export function machineName(): string | null {
  try {
    return process.getBuiltinModule('node:os').hostname()
  } catch {
    return null // When gethostname(2) fails, Go goes on without a name too.
  }
}

/**
 * The resolv.conf of the system, or another, kept and read again when it changes, unless it says no-reload.
 *
 * @example
 * ```ts
 * import { ResolvConfFile } from '@net/resolve'
 *
 * const { servers } = new ResolvConfFile('/no/such/file').get()
 * console.log(servers.join(' ')) // 127.0.0.1:53 [::1]:53
 * ```
 */
export class ResolvConfFile extends SystemFile<ResolvConf> {
  /** Makes a reader of a file; absent means /etc/resolv.conf. `maxAge` as for SystemFile, in milliseconds. */
  constructor(path = '/etc/resolv.conf', maxAge?: number) {
    const parse = (text: string | null, error: Error | null): ResolvConf => ({
      ...parseResolvConf(text ?? '', machineName()),
      error,
    })
    super(path, parse, maxAge)
  }

  #last: ResolvConf | null = null

  /** What the file says now, give or take five seconds; what it said at first when it says no-reload. */
  override get(): ResolvConf {
    if (this.#last?.noReload !== true) this.#last = super.get()
    return this.#last
  }
}
