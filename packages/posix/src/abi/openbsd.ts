// Constants of the same headers of openbsd, with the headers' spelling.
import type { ABI } from './abi.ts'
import { bsd } from './bsd.ts'
import { errnoOpenBSD } from './errno_bsd.ts'

/** The constants of openbsd. */
export const openbsd: ABI = {
  ...bsd,
  kernel: 'openbsd',
  libc: 'libc.so',
  errnoLocation: '__errno',
  AF_INET6: 24,
  SOCK_NONBLOCK: 0x4000,
  SOCK_CLOEXEC: 0x8000,
  SO_LINGER: 128,
  SO_PROTOCOL: 0x1025,
  SO_NOSIGPIPE: 0,
  TCP_KEEPIDLE: 0,
  TCP_KEEPINTVL: 0,
  TCP_KEEPCNT: 0,
  MSG_NOSIGNAL: 0x400,
  MSG_CMSG_CLOEXEC: 0x800,
  F_DUPFD_CLOEXEC: 10,
  O_CLOEXEC: 0x10000,
  errno: errnoOpenBSD,
}
