import { OpError, type TCPSockGroup } from '@net/contract'

/**
 * A TCP group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, tcpSockStubs } from '@net/stubs'
 *
 * const group = tcpSockStubs(ErrPlan9)
 * await group.listenTCP('tcp', null).catch((e) => console.log(e.message)) // listen tcp: not supported by plan 9
 * ```
 */
export function tcpSockStubs(err: Error): TCPSockGroup {
  return {
    dialTCP: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenTCP: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
  }
}
