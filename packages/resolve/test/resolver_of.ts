import { IP } from '@net/addr'
import { DNSError } from '@net/contract'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import type { ResolverOptions } from '../src/lookup/resolver_options.ts'
import { RRType } from '../src/dns/rr.ts'
import { nodeDial } from './node_dial.ts'
import { record, Server, type Asked } from './server.ts'

/** A resolver of our own that asks these servers once, with an empty hosts file and "files dns". */
export function resolverOf(server: Server | readonly string[], options: ResolverOptions = {}): Resolver {
  const servers = server instanceof Server ? [server.address] : server
  const { resolvConf, ...rest } = options
  const conf = typeof resolvConf === 'object' ? resolvConf : {}
  return new Resolver({
    dial: nodeDial,
    preferSystem: false,
    hosts: parseHosts(''),
    nsswitch: parseNSSConf('hosts: files dns'),
    resolvConf: { servers, attempts: 1, ...conf },
    ...rest,
  })
}

/** The DNSError a lookup fails with. */
export async function failure(p: Promise<unknown>): Promise<DNSError> {
  const e: unknown = await p.then(
    () => new Error('it did not fail'),
    (e: unknown) => e,
  )
  if (e instanceof DNSError) return e
  throw e
}

/** Answers queries for A with 192.0.2.1, others with nothing. */
export function address({ name, type, reply }: Asked): void {
  if (type === RRType.A) reply({ answers: [record(name, type, { kind: 'A', ip: IP.from([192, 0, 2, 1]) })] })
  else reply()
}
