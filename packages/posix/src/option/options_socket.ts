// Options of level SOL_SOCKET of sys/socket.h, with the header's spelling; of linux asm/socket.h.
import { numbersOf, onBSD, onLinux, settable, state } from './option_row.ts'
import { SO_BINDTODEVICE } from './sockopt_linux.ts'

const option = settable('SOL_SOCKET', 'socket(7)')
const reading = state('SOL_SOCKET', 'socket(7)')

/** Options of every socket. */
export const socketOptions = {
  /** Whether the socket listens. */
  SO_ACCEPTCONN: reading('bool', { linux: 30, ...onBSD(2) }),
  /** Binds to any address, also one the machine does not have. Needs privileges. */
  SO_BINDANY: option('bool', { openbsd: 0x1000 }),
  /** Keeps to the interface of this name; '' lifts it. Needs a privilege to be changed. */
  SO_BINDTODEVICE: option('string', onLinux(SO_BINDTODEVICE)),
  /** The same by index; 0 lifts it. */
  SO_BINDTOIFINDEX: option('int', onLinux(62)),
  SO_BROADCAST: option('bool', numbersOf('SO_BROADCAST')),
  /** Busy polling for this many microseconds. */
  SO_BUSY_POLL: option('int', onLinux(46)),
  /** The kernel's number of the socket, unique while the system runs. */
  SO_COOKIE: reading('uint64', onLinux(57)),
  SO_DEBUG: option('bool', { linux: 1, ...onBSD(1) }),
  /** AF_INET, AF_INET6, ... */
  SO_DOMAIN: reading('int', onLinux(39)),
  SO_DONTROUTE: option('bool', { linux: 5, ...onBSD(0x10) }),
  /** The error the socket has in store, as a number; reading takes it. */
  SO_ERROR: reading('int', numbersOf('SO_ERROR')),
  /** The processor that last received for the socket. */
  SO_INCOMING_CPU: option('int', onLinux(49)),
  SO_KEEPALIVE: option('bool', numbersOf('SO_KEEPALIVE')),
  /** What close does with unsent data; a connection's setLinger also tells its close. */
  SO_LINGER: option('linger', numbersOf('SO_LINGER')),
  /** The mark of its packets, for routing and filtering. Needs CAP_NET_ADMIN. */
  SO_MARK: option('uint', onLinux(36)),
  /** Bytes a second, 4294967295 for no limit. */
  SO_MAX_PACING_RATE: option('uint', onLinux(47)),
  /** Urgent bytes stay in the stream. */
  SO_OOBINLINE: option('bool', { linux: 10, ...onBSD(0x100) }),
  /** Receives the sender's credentials with each message of a Unix socket. */
  SO_PASSCRED: option('bool', onLinux(16)),
  SO_PASSSEC: option('bool', onLinux(34)),
  /** Where MSG_PEEK begins, in bytes; -1 for at the beginning each time. */
  SO_PEEK_OFF: option('int', onLinux(42)),
  /** struct ucred of the peer of a Unix socket. */
  SO_PEERCRED: reading('bytes', { linux: 17, openbsd: 0x1022 }),
  /** The security context of the peer. */
  SO_PEERSEC: reading('string', onLinux(31)),
  SO_PREFER_BUSY_POLL: option('bool', onLinux(69)),
  /** The priority of its packets: 0 to 6 without privileges. */
  SO_PRIORITY: option('int', onLinux(12)),
  /** IPPROTO_TCP, ... */
  SO_PROTOCOL: reading('int', { linux: 38, freebsd: 0x1016 }),
  /** The receive buffer in bytes; linux doubles what is set and tells it doubled. */
  SO_RCVBUF: option('int', numbersOf('SO_RCVBUF')),
  /** The same beyond the system's limit. Needs CAP_NET_ADMIN. */
  SO_RCVBUFFORCE: option('int', onLinux(33)),
  /** Bytes from which on the socket counts as readable. */
  SO_RCVLOWAT: option('int', { linux: 18, ...onBSD(0x1004) }),
  /** The limit of blocking reads; the reads of connections do not block and use deadlines. */
  SO_RCVTIMEO: option('timeval', { linux: 20, ...onBSD(0x1006) }),
  SO_REUSEADDR: option('bool', numbersOf('SO_REUSEADDR')),
  SO_REUSEPORT: option('bool', numbersOf('SO_REUSEPORT')),
  /** Tells with each datagram how many were dropped. */
  SO_RXQ_OVFL: option('bool', onLinux(40)),
  /** The send buffer in bytes; linux doubles what is set and tells it doubled. */
  SO_SNDBUF: option('int', numbersOf('SO_SNDBUF')),
  /** The same beyond the system's limit. Needs CAP_NET_ADMIN. */
  SO_SNDBUFFORCE: option('int', onLinux(32)),
  /** The limit of blocking writes; the writes of connections do not block and use deadlines. */
  SO_SNDTIMEO: option('timeval', { linux: 21, ...onBSD(0x1005) }),
  /** Receives the time of arrival with each datagram, in microseconds. */
  SO_TIMESTAMP: option('bool', { linux: 29, darwin: 0x400, freebsd: 0x400, openbsd: 0x800 }),
  /** SOF_TIMESTAMPING_ flags. */
  SO_TIMESTAMPING: option('int', onLinux(37)),
  /** Receives the time of arrival with each datagram, in nanoseconds. */
  SO_TIMESTAMPNS: option('bool', onLinux(35)),
  /** SOCK_STREAM, ... */
  SO_TYPE: reading('int', numbersOf('SO_TYPE')),
  SO_ZEROCOPY: option('bool', onLinux(60)),
}
