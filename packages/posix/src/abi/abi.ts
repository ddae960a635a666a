/**
 * The numbers of a kernel's socket interface. Every system spells these the same; 0 stands for a flag or option that the
 * system lacks.
 */
export interface ABI {
  /** Whether a socket address begins with its length in a byte (the BSDs and darwin). */
  readonly sockaddrHasLength: boolean
  /** The bytes of sun_path in struct sockaddr_un. */
  readonly sunPathLength: number
  /** Whether control messages are padded to the size of a pointer; darwin pads them to 4 bytes. */
  readonly controlAlignedToWord: boolean
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
  /** The error numbers by name; where two names share a number, the last is the one errors carry, as with node:net. */
  readonly errno: Readonly<Record<string, number>>
}
