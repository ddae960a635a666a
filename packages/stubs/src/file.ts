import { OpError, type FileGroup } from '@net/contract'

/**
 * A file group that refuses: every call rejects with an {@link OpError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, fileStubs } from '@net/stubs'
 *
 * const group = fileStubs(ErrPlan9)
 * await group.fileConn({ fd: 0, name: '' }).catch((e) => console.log(e.message)) // file file+net: not supported by plan 9
 * ```
 */
export function fileStubs(err: Error): FileGroup {
  const refuse = (): Promise<never> => Promise.reject(new OpError('file', 'file+net', null, null, err))
  return { fileConn: refuse, fileListener: refuse, filePacketConn: refuse }
}
