import type { Errnos } from './abi.ts'
import { abi } from './system.ts'

const negated = Object.fromEntries(
  Object.entries(abi.errno).map(([name, number]) => [name, -number]),
) as Errnos

/** Error numbers of the running kernel as system calls give them here: negated. */
export const {
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  ECONNABORTED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  EISCONN,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOPROTOOPT,
  ENOSYS,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESPIPE,
  EXDEV,
} = negated
