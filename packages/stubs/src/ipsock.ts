import type { IPSockGroup } from '@net/contract'

/**
 * An internet stack that is not there.
 *
 * @example
 * ```ts
 * import { ipSockStubs } from '@net/stubs'
 *
 * console.log(ipSockStubs().supportsIPv6()) // false
 * ```
 */
export function ipSockStubs(): IPSockGroup {
  const no = (): boolean => false
  return { supportsIPv4: no, supportsIPv6: no, supportsIPv4map: no }
}
