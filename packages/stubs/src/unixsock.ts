import { OpError, type UnixSockGroup } from '@net/contract'

/**
 * A Unix socket group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, unixSockStubs } from '@net/stubs'
 *
 * const group = unixSockStubs(ErrPlan9)
 * await group.listenUnix('unix', null).catch((e) => console.log(e.message)) // listen unix: not supported by plan 9
 * ```
 */
export function unixSockStubs(err: Error): UnixSockGroup {
  return {
    dialUnix: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenUnix: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
    listenUnixgram: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
  }
}
