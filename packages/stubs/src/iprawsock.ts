import { OpError, type IPRawSockGroup } from '@net/contract'

/** A raw IP group that refuses: every call rejects with an {@link OpError} whose cause is `err`. */
export function ipRawSockStubs(err: Error): IPRawSockGroup {
  return {
    dialIP: (network, laddr, raddr) => Promise.reject(new OpError('dial', network, laddr, raddr, err)),
    listenIP: (network, laddr) => Promise.reject(new OpError('listen', network, null, laddr, err)),
  }
}
