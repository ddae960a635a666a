import { readFileSync } from 'node:fs'
import { parseHosts, parseNSSConf, parseProtocols, parseServices, Resolver } from '@net/resolve'

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

/** Lookups in the files of an environment, and nowhere else. */
export function resolverOf(env: Env): Resolver {
  return new Resolver({
    preferSystem: false,
    hosts: parseHosts(env.hosts_file),
    services: parseServices(env.services_file),
    protocols: parseProtocols(env.protocols_file),
    nsswitch: parseNSSConf('hosts: files'),
    resolvConf: { servers: [] },
  })
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
