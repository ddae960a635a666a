import { Errno, SyscallError } from '@net/contract'

// Linux's numbers (asm-generic/errno.h), whatever system this runs on: a simulated host is the same everywhere.
const numbers: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  ENODEV: 19,
  EINVAL: 22,
  EPIPE: 32,
  EPROTO: 71,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  EPROTOTYPE: 91,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
}

/** The error number of a name. */
export function errno(code: string): Errno {
  return new Errno(code, numbers[code] ?? 1)
}

/** The error of a system call that a kernel would have made, by the name of its error number. */
export function callError(call: string, code: string): SyscallError {
  return new SyscallError(call, errno(code))
}
