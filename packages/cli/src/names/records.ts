import { parseIP, RRType, type IOOptions, type Net, type Resolver } from '@net/core'
import { recordText, type Resource } from './record_text.ts'
import { UsageError } from '../session/usage_error.ts'

/** What was found for a name. */
export interface Found {
  readonly name: string
  /** 'A', 'MX', 'TYPE99'. */
  readonly type: string
  /** Seconds that it may be kept; null where that is not told. */
  readonly ttl: number | null
  /** What it says, as zone files write it. */
  readonly data: string
}

const { OPT: _, ...numbers } = RRType // OPT belongs to a message and to no name

/** The types that {@link records} knows by name; others are written 'TYPE99'. */
export const recordTypes: readonly string[] = [
  'ip',
  ...Object.keys(numbers).map((type) => type.toLowerCase()),
]

type Lookup = (net: Net, name: string, options: IOOptions) => Promise<string[]>

// These lookups exist on every network, also on a /net that can't be asked for other types.
const lookups = new Map<string, Lookup>([
  ['CNAME', async (net, name, options) => [await net.lookupCNAME(name, options)]],
  [
    'MX',
    async (net, name, options) => (await net.lookupMX(name, options)).map((mx) => `${mx.pref} ${mx.host}`),
  ],
  ['NS', async (net, name, options) => (await net.lookupNS(name, options)).map(({ host }) => host)],
  ['TXT', (net, name, options) => net.lookupTXT(name, options)],
  ['PTR', (net, name, options) => net.lookupAddr(name, options)],
  ['SRV', services],
])

/**
 * The records of a type that a name has. The type 'ip' is the addresses of a host, from whatever the network
 * takes them; the other types are asked of `resolver`, where there is one, or of what a /net can be asked.
 * Rejects with a DNSError, or a UsageError for a type that can't be asked.
 */
export async function records(
  net: Net,
  resolver: Resolver | null,
  type: string,
  name: string,
  options: IOOptions,
): Promise<Found[]> {
  const wanted = type.toUpperCase()
  if (wanted === 'IP') {
    const addrs = await net.lookupHost(name, options)
    return addrs.map((data) => ({ name, type: data.includes(':') ? 'AAAA' : 'A', ttl: null, data }))
  }
  const number = numberOf(wanted)
  // A chain of aliases and the name of an address take more than one question, which lookups of the network
  // know.
  const whole = wanted === 'CNAME' || (wanted === 'PTR' && parseIP(name) !== null)
  if (resolver === null || whole) {
    const lookup = lookups.get(wanted)
    if (lookup === undefined) throw new UsageError(`a /net can't be asked for ${wanted}; --server can`)
    return (await lookup(net, name, options)).map((data) => ({ name, type: wanted, ttl: null, data }))
  }
  const found = await resolver.lookupRecords(name, number, options)
  return found
    .sort((a, b) => preference(a) - preference(b))
    .map(({ name: owner, ttl, data }) => ({ name: owner, type: wanted, ttl, data: recordText(data) }))
}

function numberOf(type: string): number {
  const known: Readonly<Record<string, number>> = numbers
  const number = known[type] ?? Number(/^TYPE(\d{1,5})$/.exec(type)?.[1])
  if (!(number > 0 && number < 65536))
    throw new UsageError(`--type wants one of ${recordTypes.join(', ')}, or type99`)
  return number
}

function preference({ data }: Resource): number {
  if (data.kind === 'MX') return data.pref
  return data.kind === 'SRV' || data.kind === 'SVCB' || data.kind === 'HTTPS' ? data.priority : 0
}

async function services(net: Net, name: string, options: IOOptions): Promise<string[]> {
  const { addrs } = await net.lookupSRV('', '', name, options)
  return addrs.map(({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${target}`)
}
