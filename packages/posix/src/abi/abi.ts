import type { errnoDarwin, errnoFreeBSD, errnoOpenBSD } from './errno_bsd.ts'
import type { errnoLinux } from './errno_linux.ts'

/** The kernels whose sockets can be driven by system calls. */
export type Kernel = 'linux' | 'darwin' | 'freebsd' | 'openbsd'

/** The name of an error number that every kernel has. */
export type ErrnoName = keyof typeof errnoLinux &
  keyof typeof errnoDarwin &
  keyof typeof errnoFreeBSD &
  keyof typeof errnoOpenBSD

/** The error numbers of a kernel, positive, under the names that all kernels know. */
export type Errnos = Readonly<Record<ErrnoName, number>>

/** What not all kernels have, or do alike. */
export interface Features {
  /**
   * accept4(2), and that a socket can be born non-blocking and close-on-exec (SOCK_NONBLOCK, SOCK_CLOEXEC).
   */
  readonly accept4: boolean
  /** dup3(2). */
  readonly dup3: boolean
  /** epoll(7); where it is missing there is kqueue(2). */
  readonly epoll: boolean
  /** Interfaces are listed and watched by rtnetlink(7); elsewhere they are listed by sysctl(3). */
  readonly netlink: boolean
  /** connect(2), called again, tells whether the connection that is under way stands, or why it failed. */
  readonly connectTells: boolean
  /** recvmmsg(2) and sendmmsg(2) with linux's structs. */
  readonly recvmmsg: boolean
  /** splice(2), and sendfile(2) with linux's arguments. */
  readonly splice: boolean
  /** Names of Unix sockets that are no paths; an empty name asks the kernel to choose one of them. */
  readonly abstractNames: boolean
  /** SO_BINDTODEVICE, socket(7). */
  readonly SO_BINDTODEVICE: boolean
  /** Multipath TCP, and its options. */
  readonly multipathTCP: boolean
  /** struct tcp_info with linux's layout. */
  readonly tcpInfo: boolean
  /** An event of its own tells that urgent data came. */
  readonly urgentEvents: boolean
  /** recv(2) with MSG_TRUNC gives the length of the whole packet of a Unix socket. */
  readonly packetLengths: boolean
  /** getpeername(2) tells a raw IP socket's peer whose port is 0. */
  readonly portlessPeers: boolean
  /** IPv6 sockets that carry IPv4 packets take IPv4's options for these. */
  readonly ipv4OptionsOnIPv6: boolean
  /** IP_MULTICAST_TTL and IP_MULTICAST_LOOP take an int; elsewhere they want a byte. */
  readonly intMulticastOptions: boolean
  /**
   * SO_REUSEADDR alone lets several sockets share a port for multicast; elsewhere SO_REUSEPORT must be set,
   * too.
   */
  readonly sharedMulticastPorts: boolean
  /** A socket address begins with its length in a byte. */
  readonly sockaddrLength: boolean
  /**
   * The lengths in struct msghdr and struct cmsghdr are as wide as a pointer; elsewhere they have 4 bytes.
   */
  readonly wordLengths: boolean
  /** Control messages are padded to the size of a pointer; elsewhere to 4 bytes. */
  readonly wordAlignedControl: boolean
}

/**
 * The numbers of a kernel's socket interface. Every system spells these the same; 0 stands for a flag or
 * option that the system lacks.
 */
export interface ABI {
  /** The kernel's name. */
  readonly kernel: Kernel
  /** What it has and does that not all kernels have or do. */
  readonly has: Features
  /**
   * The name by which the C library is loaded: on linux glibc's, and musl's, which takes every name that begins with 'libc.' for
   * itself.
   */
  readonly libc: string
  /** The function of the C library that gives the address of the thread's errno. */
  readonly errnoLocation: string
  /** The bytes of sun_path in struct sockaddr_un. */
  readonly sunPathLength: number
  readonly AF_UNIX: number
  readonly AF_INET: number
  readonly AF_INET6: number
  readonly SOCK_STREAM: number
  readonly SOCK_DGRAM: number
  readonly SOCK_RAW: number
  readonly SOCK_SEQPACKET: number
  readonly SOCK_NONBLOCK: number
  readonly SOCK_CLOEXEC: number
  readonly SOL_SOCKET: number
  readonly SO_REUSEADDR: number
  readonly SO_REUSEPORT: number
  readonly SO_ERROR: number
  readonly SO_BROADCAST: number
  readonly SO_SNDBUF: number
  readonly SO_RCVBUF: number
  readonly SO_KEEPALIVE: number
  /** The option whose l_linger is in seconds. */
  readonly SO_LINGER: number
  readonly SO_TYPE: number
  readonly SO_ACCEPTCONN: number
  readonly SO_PROTOCOL: number
  readonly SO_NOSIGPIPE: number
  readonly IPPROTO_IP: number
  readonly IPPROTO_ICMP: number
  readonly IPPROTO_TCP: number
  readonly IPPROTO_UDP: number
  readonly IPPROTO_IPV6: number
  readonly IPPROTO_ICMPV6: number
  readonly IPV6_V6ONLY: number
  readonly TCP_NODELAY: number
  readonly TCP_KEEPIDLE: number
  readonly TCP_KEEPINTVL: number
  readonly TCP_KEEPCNT: number
  readonly MSG_OOB: number
  readonly MSG_PEEK: number
  readonly MSG_TRUNC: number
  readonly MSG_CTRUNC: number
  readonly MSG_DONTWAIT: number
  readonly MSG_NOSIGNAL: number
  readonly MSG_CMSG_CLOEXEC: number
  readonly SCM_RIGHTS: number
  readonly SHUT_RD: number
  readonly SHUT_WR: number
  readonly F_GETFL: number
  readonly F_SETFL: number
  readonly F_GETFD: number
  readonly F_SETFD: number
  readonly F_DUPFD_CLOEXEC: number
  readonly FD_CLOEXEC: number
  readonly O_NONBLOCK: number
  readonly O_CLOEXEC: number
  readonly SOMAXCONN: number
  /** The error numbers by name. */
  readonly errno: Errnos
}
