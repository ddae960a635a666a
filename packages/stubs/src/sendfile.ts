import { OpError, type SendfileGroup } from '@net/contract'

/**
 * A sendfile group that refuses: every call rejects with an {@link OpError} whose cause is `err` and whose `n` is 0. Nothing is read.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { ErrPlan9, sendfileStubs } from '@net/stubs'
 *
 * const [a, b] = pipe()
 * await sendfileStubs(ErrPlan9).sendFile(a, b).catch((e) => console.log(e.code, e.n)) // EPLAN9 0
 * ```
 */
export function sendfileStubs(err: Error): SendfileGroup {
  return {
    sendFile({ localAddr, remoteAddr }) {
      const error = new OpError('readfrom', localAddr.network, localAddr, remoteAddr, err)
      return Promise.reject(Object.assign(error, { n: 0 }))
    },
  }
}
