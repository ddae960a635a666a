import { OpError, type FileGroup } from '@net/contract'

/** A file group that refuses: every call rejects with an {@link OpError} whose cause is `err`. */
export function fileStubs(err: Error): FileGroup {
  const refuse = (): Promise<never> => Promise.reject(new OpError('file', 'file+net', null, null, err))
  return { fileConn: refuse, fileListener: refuse, filePacketConn: refuse }
}
