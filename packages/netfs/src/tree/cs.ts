import type { IP } from '@net/addr'
import type { IOOptions } from '@net/contract'
import { isOver } from '@net/io'
import { parseNumeric } from '../base/address.ts'
import { DENIED, fail, INTERRUPTED, Plan9Error } from '../base/errors.ts'
import { isNotFound } from '../base/names.ts'
import { type Pair, pairs, printPairs } from '../base/ndb.ts'
import type { Session } from '../conversation/session.ts'

const SERVICE = "cs: can't translate service"
const ADDRESS = "cs: can't translate address: "
const MOST_WANTED = 32 // attributes that one ipinfo query may ask for
const MOST_PAIRS = 512 // pairs that an answer has
const commands = new Set(['refresh', 'debug', 'add'])
const networks = new Set(['tcp', 'udp', 'net']) // 'net' being any of them

/** Answers a query of /net/cs: `net!host!service`, a general one that begins with `!`, or a command. */
export async function answerCS(
  session: Session,
  query: string,
  options: IOOptions,
): Promise<readonly string[]> {
  if (query.startsWith('!')) return general(session, query.slice(1), options)
  // Commands are taken without effect, as there is nothing that a session could change by them.
  if (!query.includes('!') && commands.has(query.split(' ')[0] ?? '')) return []
  const [net = '', host = '', service = '', ...rest] = query.split('!')
  if (!query.includes('!')) fail(SERVICE)
  if (!networks.has(net)) return [`/net/${net}/clone ${[host, service, ...rest].join('!')}`]
  if (host === '' || service === '') fail(SERVICE)
  // 'net' stands for the networks of streams, of which there is one here.
  const network = net === 'udp' ? 'udp' : 'tcp'
  const port = await translateService(session, network, service, options)
  const tail = rest.map((r) => `!${r}`).join('')
  const clone = `/net/${network}/clone`
  if (host === '*' || host === '::') return [`${clone} ${port}${tail}`]
  const found = await translateHost(session, host, options)
  const allowed = found.filter((ip) => reachable(session, network, ip, port))
  if (allowed.length === 0 && found.length > 0) refuse(session)
  return allowed.map((ip) => `${clone} ${ip.toString()}!${port}${tail}`)
}

async function translateService(
  session: Session,
  network: 'tcp' | 'udp',
  service: string,
  options: IOOptions,
): Promise<string> {
  if (service === '*' || /^\d+$/.test(service)) return service
  // Two tests look at each character once. One for both conditions would take the square of the length.
  if (!/^[A-Za-z0-9$_.-]+$/.test(service) || !/[A-Za-z]/.test(service)) fail(SERVICE)
  const port = await session.stack.names.port(network, service, options)
  return port === null ? fail(SERVICE) : String(port)
}

async function translateHost(session: Session, host: string, options: IOOptions): Promise<IP[]> {
  const ip = parseNumeric(host)
  if (ip !== null) return [ip]
  if (host.startsWith('$')) {
    const values = (await session.ndb.attributes(host.slice(1))).flatMap((v) => parseNumeric(v) ?? [])
    return values.length > 0 ? values : fail(`${ADDRESS}dns: resource does not exist; negrcode`)
  }
  return lookup(session, host, options)
}

function refuse(session: Session): never {
  session.stack.activity.denied++
  return fail(`${ADDRESS}${DENIED}`)
}

async function lookup(session: Session, host: string, options: IOOptions): Promise<IP[]> {
  if (!session.stack.rules.lookups) return refuse(session)
  try {
    return await session.stack.names.addresses('ip', host, options)
  } catch (e) {
    if (isOver(options)) throw new Plan9Error(INTERRUPTED)
    if (!isNotFound(e)) fail('cs: temporary problem: dns: dns failure')
    const dotted = host.includes('.')
    return fail(`${ADDRESS}dns: ${dotted ? 'name does not exist' : 'resource does not exist; negrcode'}`)
  }
}

// Tells whether the policy lets a client use an address at all, as cs gives no others. An address with a port
// that is too large is given all the same, and connect refuses it.
function reachable(session: Session, network: 'tcp' | 'udp', ip: IP, service: string): boolean {
  const port = Number(service)
  if (!(port <= 65535)) return true
  const { rules } = session.stack
  return rules.allows('connect', network, ip, port) || rules.allows('announce', network, ip, port)
}

// Answers `!attr=value want=* ...` and `!ipinfo [attr=value] want ...`.
async function general(session: Session, query: string, options: IOOptions): Promise<readonly string[]> {
  const [first, ...wanted] = pairs(query)
  if (first === undefined || first.attr === '') fail('cs: bad query')
  if (first.attr === 'ipinfo' && first.value === '') return ipinfo(session, wanted)
  const found = await entries(session, first, options)
  if (found.length === 0) fail('cs: no match')
  return found.map(printPairs)
}

async function ipinfo(session: Session, wanted: readonly Pair[]): Promise<readonly string[]> {
  if (wanted.length > MOST_WANTED) fail('cs: bad query')
  const all = await session.ndb.pairs()
  // The map keeps the order in which they are wanted, and the pairs are gone through once, however many are.
  const byName = new Map<string, Pair[]>()
  for (const { attr, value } of wanted) if (value === '') byName.set(attr.replace(/^@/, ''), [])
  for (const pair of all) if (pair.value !== '') byName.get(pair.attr)?.push(pair)
  const found = [...byName.values()].flat().slice(0, MOST_PAIRS)
  return found.length === 0 ? fail('cs: no match') : [printPairs(found)]
}

async function entries(
  session: Session,
  key: Pair,
  options: IOOptions,
): Promise<readonly (readonly Pair[])[]> {
  const { attr, value } = key
  if (attr === 'dom' || attr === 'sys') {
    const ips = await lookup(session, value, options).catch(() => [])
    const told = ips.filter((ip) => session.stack.rules.reaches(ip))
    return told.map((ip) => [key, { attr: ip.to4() === null ? 'ipv6' : 'ip', value: ip.toString() }])
  }
  if ((attr === 'tcp' || attr === 'udp') && !/^\d*$/.test(value)) {
    const port = await session.stack.names.port(attr, value, options)
    return port === null ? [] : [[key, { attr: 'port', value: String(port) }]]
  }
  if (attr === 'protocol') {
    const proto = await session.stack.names.ask((g) => g.lookupProtocol(value, options)).catch(() => null)
    return proto === null ? [] : [[key, { attr: 'ipv4proto', value: String(proto) }]]
  }
  return (await session.ndb.attributes(attr)).includes(value)
    ? [(await session.ndb.pairs()).slice(0, MOST_PAIRS)]
    : []
}
