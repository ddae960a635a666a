import { IP, type IP as Address } from '@net/addr'
import type { IOOptions, LookupGroup } from '@net/contract'
import { isOver } from '@net/io'
import { DENIED, fail, INTERRUPTED, Plan9Error } from '../base/errors.ts'
import { isNotFound } from '../base/names.ts'
import type { Session } from '../conversation/session.ts'

const commands = new Set(['debug', 'refresh', 'target', 'poolcheck', 'restart', 'stats', 'dump'])

/** A record: the name that owns it, its type in Plan 9's words, its value. */
interface DNSRecord {
  readonly owner: string
  readonly type: string
  readonly value: string
}

type Lookup = (session: Session, name: string, options: IOOptions) => Promise<DNSRecord[]>

/** The lookup of each type of record that a target has one for. */
const lookups: Partial<Readonly<Record<string, Lookup>>> = {
  ip: (session, name, options) => addresses(session, 'ip4', 'ip', name, options),
  ipv6: (session, name, options) => addresses(session, 'ip6', 'ipv6', name, options),
  ptr: async (session, name, options) => {
    const ip = reversed(name) ?? fail('dns: dns failure')
    const names = await session.stack.names.ask((g) => g.lookupAddr(ip.toString(), options))
    return names.map((value) => ({ owner: name, type: 'ptr', value: bare(value) }))
  },
  mx: records('mx', async (g, name, options) =>
    (await g.lookupMX(name, options)).map((mx) => `${mx.pref} ${bare(mx.host)}`),
  ),
  ns: records('ns', async (g, name, options) => (await g.lookupNS(name, options)).map((ns) => bare(ns.host))),
  txt: records('txt', (g, name, options) => g.lookupTXT(name, options)),
  srv: records('srv', async (g, name, options) =>
    (await g.lookupSRV('', '', name, options)).addrs.map(
      (srv) => `${srv.priority} ${srv.weight} ${srv.port} ${bare(srv.target)}`,
    ),
  ),
  cname: async (session, name, options) => {
    const value = await canonical(session, name, options)
    if (value === name) fail('dns: resource does not exist; negrcode 0')
    return [{ owner: name, type: 'cname', value }]
  },
  any: everything,
  all: everything,
}

// Plan 9's dns also knows these types, for which no target has a lookup.
const typesWithout = new Set('soa hinfo md mf mb mg mr null wks minfo rp key sig cert axfr caa'.split(' '))

/** Answers a query of /net/dns: `NAME TYPE`, or `!NAME TYPE` for pairs of ndb(6). */
export async function answerDNS(
  session: Session,
  query: string,
  offset: number,
  options: IOOptions,
): Promise<readonly string[]> {
  if (offset !== 0) fail('dns: writing at non-zero offset')
  const text = query.replace(/\n$/, '')
  if (commands.has(text.split(' ')[0] ?? '')) return []
  const asPairs = text.startsWith('!')
  const [name = '', type, ...more] = text.slice(asPairs ? 1 : 0).split(' ')
  if (type === undefined || name === '' || more.length > 0) fail(`dns: illegal request ${text}`)
  const lookup = Object.hasOwn(lookups, type) ? lookups[type] : undefined
  if (lookup === undefined) fail(typesWithout.has(type) ? 'dns: dns failure' : `dns: unknown type ${type}`)
  if (!session.stack.rules.lookups) refuse(session)
  try {
    const found = await lookup(session, bare(name), options)
    if (found.length === 0) fail('dns: resource does not exist; negrcode 0')
    return found.map((r) => (asPairs ? printPairs(r) : `${r.owner} ${r.type}\t${r.value}`))
  } catch (e) {
    if (isOver(options)) throw new Plan9Error(INTERRUPTED)
    if (e instanceof Plan9Error) throw e
    return fail(isNotFound(e) ? 'dns: name does not exist' : 'dns: dns failure')
  }
}

function refuse(session: Session): never {
  session.stack.activity.denied++
  return fail(`dns: ${DENIED}`)
}

function records(
  type: string,
  lookup: (group: LookupGroup, name: string, options: IOOptions) => Promise<string[]>,
): Lookup {
  return async (session, name, options) => {
    const values = await session.stack.names.ask((group) => lookup(group, name, options))
    return values.map((value) => ({ owner: name, type, value }))
  }
}

async function addresses(
  session: Session,
  network: string,
  type: string,
  name: string,
  options: IOOptions,
): Promise<DNSRecord[]> {
  const found = await session.stack.names.addresses(network, name, options)
  // An address with which the policy allows nothing is not told either.
  const ips = found.filter((ip) => session.stack.rules.reaches(ip))
  if (ips.length === 0 && found.length > 0) refuse(session)
  // The owner of an address is the name that the aliases lead to; without an answer it is the name asked for.
  const owner = name.includes('.') ? await canonical(session, name, options).catch(() => name) : name
  return ips.map((ip) => ({ owner, type, value: ip.toString() }))
}

async function canonical(session: Session, name: string, options: IOOptions): Promise<string> {
  return bare(await session.stack.names.ask((group) => group.lookupCNAME(name, options)))
}

async function everything(session: Session, name: string, options: IOOptions): Promise<DNSRecord[]> {
  const types = ['ns', 'ip', 'ipv6', 'mx', 'txt']
  const found = await Promise.allSettled(
    types.map(async (type) => lookups[type]?.(session, name, options) ?? []),
  )
  const good = found.flatMap((f) => (f.status === 'fulfilled' ? f.value : []))
  const failed = found.find((f) => f.status === 'rejected')
  if (good.length === 0 && failed !== undefined) throw failed.reason
  return good
}

function printPairs({ owner, type, value }: DNSRecord): string {
  const [pref = '', target = ''] = value.split(' ')
  if (type === 'mx') return `dom=${owner} mx=${target} pref=${pref}`
  if (type === 'srv') {
    const [priority = '', weight = '', port = '', host = ''] = value.split(' ')
    return `dom=${owner} pri=${priority} weight=${weight} port=${port} target=${host}`
  }
  return `dom=${owner} ${type}=${/[\s#"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value}`
}

function bare(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name
}

// Reads the address in a name of in-addr.arpa or ip6.arpa; null when there is none.
function reversed(name: string): Address | null {
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/i.exec(name)?.[1]
  if (v4 !== undefined) {
    const bytes = v4.split('.').slice(0, 4).reverse().map(Number)
    return bytes.every((b) => b < 256) ? IP.from(bytes) : null
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/i.exec(name)?.[1]
  if (v6 === undefined) return null
  const digits = v6.split('.').slice(0, 32).reverse().join('')
  return IP.from(Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)))
}
