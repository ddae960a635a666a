import { OpError, type SendfileGroup } from '@net/contract'

/** A sendfile group that refuses: every call rejects with an {@link OpError} whose cause is `err` and whose `n` is 0. Nothing is read. */
export function sendfileStubs(err: Error): SendfileGroup {
  return {
    sendFile({ localAddr, remoteAddr }) {
      const error = new OpError('readfrom', localAddr.network, localAddr, remoteAddr, err)
      return Promise.reject(Object.assign(error, { n: 0 }))
    },
  }
}
