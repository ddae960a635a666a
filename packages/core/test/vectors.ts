import { readFileSync } from 'node:fs'
import { IPAddr, parseIPZone } from '@net/addr'
import { DNSError, type LookupGroup } from '@net/contract'
import {
  lookupPort,
  lookupProtocol,
  parseHosts,
  parseProtocols,
  parseServices,
  type Hosts,
} from '@net/resolve'
import { ErrUnsupported, lookupStubs } from '@net/stubs'

/** The system's files that a set of vectors was made with. */
export interface Env {
  readonly hosts_file: string
  readonly services_file: string
  readonly protocols_file: string
}

/** A set of vectors. */
export interface Vectors<Case> {
  readonly env: Env
  readonly cases: readonly Case[]
}

/** Reads the vectors of a topic. */
export function vectors<Case>(topic: string): Vectors<Case> {
  const url = new URL(`../../../test-data/vectors/${topic}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as Vectors<Case>
}

function hostAddrs(hosts: Hosts, host: string): IPAddr[] {
  const found = hosts.lookupHost(host)?.addrs ?? []
  if (found.length === 0) throw new DNSError('no such host', host, { isNotFound: true })
  return found.flatMap((text) => {
    const a = parseIPZone(text)
    return a === null ? [] : [new IPAddr(a.ip, a.zone)]
  })
}

/** Lookups in the files of an environment, and nowhere else. */
export function resolverOf(env: Env): LookupGroup {
  const hosts = parseHosts(env.hosts_file)
  const services = parseServices(env.services_file)
  const protocols = parseProtocols(env.protocols_file)
  return {
    ...lookupStubs(ErrUnsupported),
    lookupIPAddr: async (host) => hostAddrs(hosts, host),
    lookupPort: async (network, service) => lookupPort(services, network, service),
    lookupProtocol: async (name) => lookupProtocol(protocols, name),
  }
}

/** The error that a promise rejects with. */
export async function rejection(p: Promise<unknown>): Promise<Error> {
  try {
    await p
  } catch (e) {
    if (e instanceof Error) return e
    throw new Error('it rejected with something else than an Error', { cause: e })
  }
  throw new Error('it did not reject')
}
