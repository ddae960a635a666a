// Constants of the same headers of freebsd, with the headers' spelling.
import type { ABI } from './abi.ts'
import { bsd } from './bsd.ts'
import { errnoFreeBSD } from './errno_bsd.ts'

/** The constants of freebsd. */
export const freebsd: ABI = {
  ...bsd,
  kernel: 'freebsd',
  libc: 'libc.so.7',
  errnoLocation: '__error',
  AF_INET6: 28,
  SOCK_NONBLOCK: 0x20000000,
  SOCK_CLOEXEC: 0x10000000,
  SO_LINGER: 128,
  SO_PROTOCOL: 0x1016,
  SO_NOSIGPIPE: 0x800,
  TCP_KEEPIDLE: 0x100,
  TCP_KEEPINTVL: 0x200,
  TCP_KEEPCNT: 0x400,
  MSG_NOSIGNAL: 0x20000,
  MSG_CMSG_CLOEXEC: 0x40000,
  F_DUPFD_CLOEXEC: 17,
  O_CLOEXEC: 0x100000,
  errno: errnoFreeBSD,
}
