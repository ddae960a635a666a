// Options of level IPPROTO_TCP of netinet/tcp.h, with the header's spelling; of multipath TCP linux/mptcp.h.
import { numbersOf, onBSD, onLinux, settable, state } from './option_row.ts'
import { MPTCP_INFO } from './sockopt_linux.ts'

const option = settable('IPPROTO_TCP', 'tcp(7)')
const reading = state('IPPROTO_TCP', 'tcp(7)')
const bsd = settable('IPPROTO_TCP', 'tcp(4)')
const multipath = state('SOL_MPTCP', 'mptcp(7)')

/** Options of TCP. */
export const tcpOptions = {
  /** State of the congestion algorithm, as the algorithm lays it out. */
  TCP_CC_INFO: reading('bytes', onLinux(26)),
  /** The name of the congestion algorithm: 'cubic', 'reno', ... */
  TCP_CONGESTION: option('string', { linux: 13, freebsd: 0x40 }),
  /** The limit of dialling, in seconds. */
  TCP_CONNECTIONTIMEOUT: bsd('int', { darwin: 0x20 }),
  /** Holds back segments that are not full, for 200 ms at most, until turned off. */
  TCP_CORK: option('bool', onLinux(3)),
  /** A listener wakes up only when data has come, or after this many seconds. */
  TCP_DEFER_ACCEPT: option('int', onLinux(9)),
  /** On a listener: connections may come with data (RFC 7413), and how many of these may be pending. */
  TCP_FASTOPEN: option('int', { linux: 23, darwin: 0x105, freebsd: 0x401 }),
  /**
   * Before dialling: connect waits for the first write and sends it along where the peer's cookie is known
   * (RFC 7413).
   */
  TCP_FASTOPEN_CONNECT: option('bool', onLinux(30)),
  /** The key of the cookies, 16 bytes, or 32 for a second. */
  TCP_FASTOPEN_KEY: option('bytes', onLinux(33)),
  TCP_FASTOPEN_NO_COOKIE: option('bool', onLinux(34)),
  /** struct tcp_info; tcpInfo() reads it. */
  TCP_INFO: reading('bytes', { linux: 11, freebsd: 0x20 }),
  /** Tells with each read how many bytes are left. */
  TCP_INQ: option('bool', onLinux(36)),
  /** Unanswered keep-alive probes before the connection is given up. */
  TCP_KEEPCNT: option('int', numbersOf('TCP_KEEPCNT')),
  /** Seconds without traffic before the first probe; darwin calls it TCP_KEEPALIVE. */
  TCP_KEEPIDLE: option('int', numbersOf('TCP_KEEPIDLE')),
  /** Seconds between probes. */
  TCP_KEEPINTVL: option('int', numbersOf('TCP_KEEPINTVL')),
  /** Seconds a closed connection waits for the peer to close too. */
  TCP_LINGER2: option('int', onLinux(8)),
  /** The largest segment in bytes. */
  TCP_MAXSEG: option('int', { linux: 2, ...onBSD(2) }),
  /** Small writes go at once. */
  TCP_NODELAY: option('bool', numbersOf('TCP_NODELAY')),
  /** TCP_CORK of the BSDs and darwin. */
  TCP_NOPUSH: bsd('bool', { darwin: 4, freebsd: 4, openbsd: 16 }),
  /** A connection counts as writable while fewer bytes than this are unsent. */
  TCP_NOTSENT_LOWAT: option('uint', { linux: 25, darwin: 0x201 }),
  /** Acknowledges at once; the kernel may go back to delaying. */
  TCP_QUICKACK: option('bool', onLinux(12)),
  /** The headers of the connection's first segment, once, where TCP_SAVE_SYN was set on the listener. */
  TCP_SAVED_SYN: reading('bytes', onLinux(28)),
  TCP_SAVE_SYN: option('bool', onLinux(27)),
  /** How often the first segment is sent again before dialling fails. */
  TCP_SYNCNT: option('int', onLinux(7)),
  TCP_THIN_DUPACK: option('bool', onLinux(17)),
  TCP_THIN_LINEAR_TIMEOUTS: option('bool', onLinux(16)),
  TCP_TIMESTAMP: option('uint', onLinux(24)),
  /** Delays what is sent by this many microseconds. */
  TCP_TX_DELAY: option('int', onLinux(37)),
  /** The protocol above, such as 'tls'. */
  TCP_ULP: option('string', onLinux(31)),
  /**
   * Milliseconds that sent data may go unacknowledged before the connection is given up; 0 for the system's.
   */
  TCP_USER_TIMEOUT: option('uint', onLinux(18)),
  /** The largest window advertised, in bytes. */
  TCP_WINDOW_CLAMP: option('int', onLinux(10)),

  /** struct mptcp_info; a connection that has fallen back to TCP does not have it. */
  MPTCP_INFO: multipath('bytes', onLinux(MPTCP_INFO)),
}
