import { OpError, type UDPSockGroup } from '@net/contract'

/**
 * A UDP group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, udpSockStubs } from '@net/stubs'
 *
 * const group = udpSockStubs(ErrPlan9)
 * await group.listenUDP('udp', null).catch((e) => console.log(e.message)) // listen udp: not supported by plan 9
 * ```
 */
export function udpSockStubs(err: Error): UDPSockGroup {
  return {
    dialUDP: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenUDP: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
    listenMulticastUDP: (network, _iface, gaddr) =>
      Promise.reject(new OpError('listen', network, null, gaddr, err)),
  }
}
