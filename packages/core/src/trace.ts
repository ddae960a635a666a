import type { Addr } from '@net/addr'
import { traced } from '@net/io'

/** Does a dial or a listen, and tells those who trace them. `addr` is what the caller gave: a text, an address or null. */
export function tracedOpen<T>(
  op: 'dial' | 'listen',
  net: string,
  addr: Addr | string | null,
  work: () => Promise<T>,
): Promise<T> {
  return traced(op, () => ({ op, net, source: null, addr }), work)
}

/** Does a lookup of a name, which `op` names, and tells those who trace lookups. */
export function tracedLookup<T>(op: string, name: string, work: () => Promise<T>): Promise<T> {
  return traced('resolve', () => ({ op, net: '', source: null, addr: name }), work)
}
