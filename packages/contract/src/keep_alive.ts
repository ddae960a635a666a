/**
 * The keep-alive probes of a TCP connection (RFC 9293, section 3.8.4). An absent or zero number means the
 * default (15 s, 15 s, 9 probes), a negative one leaves what the system has. Posix has all of it; plan9 has
 * `idle` alone, which is the time between probes, and cannot turn probes off; the host's own sockets have
 * `enable` and `idle`, and throw EWINDOWS for an interval or a count above 0.
 */
export interface KeepAliveConfig {
  /** Whether probes are sent at all. */
  readonly enable: boolean
  /** Time without traffic before the first probe, in milliseconds; rounded up to whole seconds. */
  readonly idle?: number
  /** Time between probes, in milliseconds; rounded up to whole seconds. */
  readonly interval?: number
  /** Unanswered probes before the connection is given up. */
  readonly count?: number
}
