// Constants of the same headers of darwin, with the headers' spelling. TCP_KEEPIDLE is TCP_KEEPALIVE in
// darwin's header. SO_LINGER is its SO_LINGER_SEC, which counts seconds as the other systems' SO_LINGER does;
// its own SO_LINGER counts ticks of the clock.
import type { ABI } from './abi.ts'
import { bsd } from './bsd.ts'
import { errnoDarwin } from './errno_bsd.ts'

/** The constants of darwin. */
export const darwin: ABI = {
  ...bsd,
  kernel: 'darwin',
  libc: 'libSystem.B.dylib',
  errnoLocation: '__error',
  has: { ...bsd.has, accept4: false, dup3: false, wordAlignedControl: false },
  AF_INET6: 30,
  SOCK_NONBLOCK: 0,
  SOCK_CLOEXEC: 0,
  SO_LINGER: 0x1080,
  SO_PROTOCOL: 0,
  SO_NOSIGPIPE: 0x1022,
  TCP_KEEPIDLE: 16,
  TCP_KEEPINTVL: 0x101,
  TCP_KEEPCNT: 0x102,
  MSG_NOSIGNAL: 0,
  MSG_CMSG_CLOEXEC: 0,
  F_DUPFD_CLOEXEC: 67,
  O_CLOEXEC: 0x1000000,
  errno: errnoDarwin,
}
