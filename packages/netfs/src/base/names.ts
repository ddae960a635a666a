import { isRefusal } from '@net/stubs'
import type { IP } from '@net/addr'
import { type IOOptions, type LookupGroup, type Target, isError } from '@net/contract'
import { type Resolver, resolverOver } from '@net/resolve'

/**
 * The lookups of a target. Those that the target refuses are done by a resolver of this class, which asks the
 * DNS servers of the host's system through the target's sockets.
 */
export class Names {
  readonly #target: Target
  readonly #resolver: Resolver

  /** Makes the lookups of a target, of which none is begun yet. */
  constructor(target: Target) {
    this.#target = target
    this.#resolver = resolverOver(target)
  }

  /** Does a lookup with the target, or with the resolver where the target refuses it. */
  async ask<T>(lookup: (group: LookupGroup) => Promise<T>): Promise<T> {
    try {
      return await lookup(this.#target)
    } catch (e) {
      if (!isRefusal(e)) throw e
      return lookup(this.#resolver)
    }
  }

  /** The addresses of a host, the best first; `network` is 'ip', 'ip4' or 'ip6'. */
  async addresses(network: string, host: string, options: IOOptions): Promise<IP[]> {
    return this.ask((group) => group.lookupIP(network, host, options))
  }

  /** The port of a service; null when it is not known. */
  async port(network: string, service: string, options: IOOptions): Promise<number | null> {
    try {
      return await this.ask((group) => group.lookupPort(network, service, options))
    } catch {
      return plan9Services.get(service) ?? null
    }
  }
}

/** The services of Plan 9 that the files of other systems do not list, all of them on TCP: ndb(6). */
const plan9Services: ReadonlyMap<string, number> = new Map([
  ['9fs', 564],
  ['whoami', 565],
  ['ticket', 567],
  ['exportfs', 17007],
  ['import', 17007],
  ['rexexec', 17009],
  ['ncpu', 17010],
  ['cpu', 17013],
  ['rcpu', 17019],
  ['t9fs', 17020],
  ['secstore', 5356],
  ['styx', 6666],
  ['registry', 6675],
])

/** Whether a lookup failed because there is no such name or record. */
export function isNotFound(error: unknown): boolean {
  return isError(error) && 'isNotFound' in error && error.isNotFound === true
}
