import type { Net } from '@net/core'
import { UsageError } from './usage.ts'

type Lookup = (net: Net, name: string) => Promise<string[]>

const lookups = new Map<string, Lookup>([
  ['ip', (net, name) => net.lookupHost(name)],
  ['cname', async (net, name) => [await net.lookupCNAME(name)]],
  ['mx', async (net, name) => (await net.lookupMX(name)).map(({ host, pref }) => `${pref} ${host}`)],
  ['ns', async (net, name) => (await net.lookupNS(name)).map(({ host }) => host)],
  ['txt', (net, name) => net.lookupTXT(name)],
  ['srv', srv],
  ['ptr', (net, name) => net.lookupAddr(name)],
])

/** The records of one type that a name has, a line each, as zone files write them. */
export async function records(net: Net, type: string, name: string): Promise<string[]> {
  const lookup = lookups.get(type.toLowerCase())
  if (lookup === undefined) throw new UsageError(`--type wants one of ${[...lookups.keys()].join(', ')}`)
  return lookup(net, name)
}

async function srv(net: Net, name: string): Promise<string[]> {
  const { addrs } = await net.lookupSRV('', '', name)
  return addrs.map(({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${target}`)
}
