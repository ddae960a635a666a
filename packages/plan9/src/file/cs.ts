import type { IP } from '@net/addr'
import type { IOOptions, NetFS } from '@net/contract'
import { fields } from '@net/resolve'
import { CS_ANSWER, query } from './query.ts'

/** The name of a protocol's directory: of 'tcp4' and 'tcp6' it is 'tcp'. */
export function protocolOf(network: string): string {
  return /^(tcp|udp)[46]$/.test(network) ? network.slice(0, 3) : network
}

/** Asks the connection server for the ways to reach a service, `most` of them. An empty host is any. */
export function queryCS(
  fs: NetFS,
  network: string,
  host: string,
  service: string,
  options?: IOOptions,
  most?: number,
): Promise<string[]> {
  const text = `${protocolOf(network)}!${host === '' ? '*' : host}!${service}`
  return query(fs, 'cs', text, CS_ANSWER, options, most)
}

/**
 * The first way to reach a port of an address (null is any): a clone file, and what to write after connect or
 * announce.
 */
export async function queryCS1(
  fs: NetFS,
  network: string,
  ip: IP | null,
  port: number,
  options?: IOOptions,
): Promise<{ clone: string; dest: string }> {
  const host = ip === null || ip.isUnspecified ? '*' : ip.toString()
  const [line = ''] = await queryCS(fs, network, host, String(port), options, 1)
  const [clone, dest] = fields(line)
  if (clone === undefined || dest === undefined) throw new Error('bad response from ndb/cs')
  return { clone, dest }
}

/**
 * Where a clone file that cs names is in this tree: cs may live in another name space, where the tree has
 * another name, so that only what comes after the second slash counts: '/net/tcp/clone' is 'tcp/clone'.
 */
export function inTree(clone: string): string {
  return clone.replace(/^\/[^/]*\//, '')
}
