import { OpError, type TCPSockGroup } from '@net/contract'

/** A TCP group that refuses: every call rejects with an {@link OpError} whose cause is `err`. */
export function tcpSockStubs(err: Error): TCPSockGroup {
  return {
    dialTCP: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenTCP: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
  }
}
