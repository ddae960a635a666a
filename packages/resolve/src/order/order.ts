import { lowerASCII } from '../dns/name.ts'
import { isStandard, type NSSConf } from '../files/nsswitch.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'

/**
 * By which means hosts are looked up: the system's getaddrinfo, or our files and DNS in one of four orders.
 */
export type LookupOrder = 'system' | 'files,dns' | 'dns,files' | 'files' | 'dns'

/** What the choice of means depends on. */
export interface OrderConditions {
  /** True to prefer the system's resolver, false to never use it, absent to choose. */
  readonly preferSystem?: boolean | undefined
  /** The operating system, as process.platform has it. */
  readonly platform: string
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What resolv.conf says. */
  readonly resolvConf: () => ResolvConf
  /** What nsswitch.conf says. */
  readonly nss: () => NSSConf
  /** This machine's name, or null. */
  readonly machineName: () => string | null
  /** Whether there is an /etc/mdns.allow. */
  readonly mdnsAllow: () => boolean
}

/** A choice of means. */
export interface OrderChoice {
  readonly order: LookupOrder
  /** Why, in a sentence. */
  readonly reason: string
}

/**
 * Chooses the means to look up a host, '' for an address, by Go's rules: our own resolver whenever what the
 * system's would do is understood, the system's otherwise.
 *
 * @example
 * ```ts
 * import { defaultResolvConf, hostLookupOrder, parseNSSConf } from '@net/resolve'
 *
 * const conditions = {
 *   platform: 'linux',
 *   env: {},
 *   resolvConf: () => defaultResolvConf,
 *   nss: () => parseNSSConf('hosts: files dns\n'),
 *   machineName: () => null,
 *   mdnsAllow: () => false,
 * }
 * console.log(hostLookupOrder(conditions, 'www.example.com').order) // files,dns
 * ```
 */
export function hostLookupOrder(c: OrderConditions, hostname: string): OrderChoice {
  const ours = c.preferSystem === false
  if (c.preferSystem === true) return choice('system', "the system's resolver is preferred")
  const forced = ours ? null : environment(c)
  if (forced !== null) return forced
  if (!ours && (hostname.includes('\\') || hostname.includes('%')))
    return choice('system', 'the name has a character of special meaning')
  const fallback = ours ? 'files,dns' : 'system'
  if (c.platform === 'win32' || c.platform === 'android') {
    return choice(fallback, `${c.platform} has neither resolv.conf nor nsswitch.conf`)
  }
  const conf = c.resolvConf()
  if (!ours && conf.error !== null && !isHarmless(conf.error)) {
    return choice('system', `resolv.conf cannot be read: ${conf.error.message}`)
  }
  if (!ours && conf.unknownOpt) return choice('system', 'resolv.conf has an option that is not known')
  if (c.platform === 'openbsd') return openbsd(conf, fallback)
  return byNSS(c, hostname, ours, fallback)
}

function choice(order: LookupOrder, reason: string): OrderChoice {
  return { order, reason }
}

function environment({ platform, env }: OrderConditions): OrderChoice | null {
  if (platform === 'darwin')
    return choice('system', 'darwin asks its user before a program may do DNS itself')
  if (env.LOCALDOMAIN !== undefined) return choice('system', 'LOCALDOMAIN is set')
  for (const name of platform === 'openbsd' ? openbsdVariables : variables)
    if ((env[name] ?? '') !== '') return choice('system', `${name} is set`)
  return null
}

const variables = ['RES_OPTIONS', 'HOSTALIASES']
const openbsdVariables = [...variables, 'ASR_CONFIG']

function isHarmless(error: Error): boolean {
  return hasCode(error, ['ENOENT', 'EACCES', 'EPERM'])
}

function hasCode(error: Error, codes: readonly string[]): boolean {
  return 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

function openbsd(conf: ResolvConf, fallback: LookupOrder): OrderChoice {
  if (conf.error !== null && hasCode(conf.error, ['ENOENT'])) {
    return choice('files', 'there is no resolv.conf, which means files only on openbsd')
  }
  const orders: Readonly<Record<string, LookupOrder>> = {
    '': 'dns,files',
    bind: 'dns',
    file: 'files',
    'bind file': 'dns,files',
    'file bind': 'files,dns',
  }
  const lookup = conf.lookup.join(' ')
  const order = orders[lookup]
  if (order === undefined) return choice(fallback, `resolv.conf says lookup ${lookup}`)
  return choice(order, lookup === '' ? 'resolv.conf has no lookup' : `resolv.conf says lookup ${lookup}`)
}

function byNSS(c: OrderConditions, hostname: string, ours: boolean, fallback: LookupOrder): OrderChoice {
  const nss = c.nss()
  const sources = nss.sources.get('hosts') ?? []
  if (nss.error === null ? sources.length === 0 : hasCode(nss.error, ['ENOENT'])) {
    if (!ours && c.platform === 'sunos') return choice('system', 'solaris has a default of its own')
    return choice('files,dns', 'nsswitch.conf says nothing about hosts')
  }
  if (nss.error !== null) return choice(fallback, `nsswitch.conf is of no use: ${nss.error.message}`)

  const means: ('files' | 'dns')[] = []
  for (const source of sources) {
    const name = source.source
    if (name === 'files' || name === 'dns') {
      if (!ours && !isStandard(source)) return choice('system', `nsswitch.conf has conditions on ${name}`)
      means.push(name)
    } else if (!ours) {
      const reason = needsSystem(c, name, hostname)
      if (reason !== null) return choice('system', reason)
    } else if (!sources.some((s) => s.source === 'dns')) {
      means.push('dns') // DNS takes the place of a source that is not known.
    }
  }
  const order = [...new Set(means)].join(',')
  if (order === '') return choice(fallback, 'nsswitch.conf has neither files nor dns for hosts')
  const names = sources.map((s) => s.source)
  return choice(order as LookupOrder, `nsswitch.conf says ${names.join(' ')} for hosts`)
}

/**
 * Whether a choice by this nsswitch.conf holds for every host, but for names with characters of special meaning: only sources other
 * than files and dns look at the name.
 */
export function holdsForAll(nss: NSSConf): boolean {
  const sources = nss.sources.get('hosts') ?? []
  return sources.every(({ source }) => source === 'files' || source === 'dns')
}

function needsSystem(c: OrderConditions, source: string, given: string): string | null {
  const hostname = given.replace(/\.$/, '')
  if (hostname !== '' && source === 'myhostname') {
    const lower = lowerASCII(hostname)
    const special = /^(.*\.)?localhost(\.localdomain)?$|^_gateway$|^_outbound$/.test(lower)
    if (special) return 'nsswitch.conf has myhostname, and the name is one of its own'
    const own = c.machineName()
    return own === null || lowerASCII(own) === lower
      ? "nsswitch.conf has myhostname, and the name is this machine's"
      : null
  }
  if (hostname !== '' && source.startsWith('mdns')) {
    if (lowerASCII(hostname).endsWith('.local')) return 'nsswitch.conf has mdns, and the name is under .local'
    return c.mdnsAllow() ? 'nsswitch.conf has mdns, and there is an mdns.allow' : null
  }
  return `nsswitch.conf has ${source} for hosts`
}
