import { OpError, type IPRawSockGroup } from '@net/contract'

/**
 * A raw IP group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, ipRawSockStubs } from '@net/stubs'
 *
 * const group = ipRawSockStubs(ErrPlan9)
 * await group.listenIP('ip4:icmp', null).catch((e) => console.log(e.message)) // listen ip4:icmp: not supported by plan 9
 * ```
 */
export function ipRawSockStubs(err: Error): IPRawSockGroup {
  return {
    dialIP: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenIP: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
  }
}
