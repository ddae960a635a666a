import type { Deadline, IOOptions } from './closer.ts'
import type { RawConn } from './conn.ts'
import type { KeepAliveConfig } from './keep_alive.ts'

/**
 * Called with the socket before it is connected or bound, for options that must be set by then. `network` is the
 * network with its family ('tcp4', 'udp6', 'unix'), `address` the address as text. What it throws fails the call.
 */
export type Control = (network: string, address: string, raw: RawConn) => void

/** Options of dialling one address. */
export interface DialOptions {
  /** Cancels the dial: it rejects with `signal.reason`, and nothing is left open. */
  readonly signal?: AbortSignal | undefined
  /** The moment by which the connection must stand. Absent and `null` mean none but the system's. */
  readonly deadline?: Deadline | undefined
  /** Called before the socket connects. Targets without sockets refuse it. */
  readonly control?: Control | undefined
  /** Keep-alive of the connection: absent means on with the defaults, `false` off. */
  readonly keepAlive?: KeepAliveConfig | boolean | undefined
  /**
   * Dials multipath TCP (RFC 8684) and falls back to TCP where that fails. Off by default. Linux; other
   * targets dial plain TCP.
   */
  readonly multipathTCP?: boolean | undefined
}

/**
 * Options of listening. The signal ends it while it waits for a network tree's answer, as on plan9: a kernel's answer does not take
 * long enough for that.
 */
export interface ListenOptions extends IOOptions {
  /** How many connections may wait to be accepted; absent means the system's maximum. */
  readonly backlog?: number | undefined
  /**
   * Lets several sockets listen on one port and share the connections (SO_REUSEPORT). Off by default. Posix;
   * a target that cannot rejects.
   */
  readonly reusePort?: boolean | undefined
  /** Lets a listener bind while old connections of the port linger (SO_REUSEADDR). Stream listeners: on by default. */
  readonly reuseAddress?: boolean | undefined
  /** Called before the socket binds. Targets without sockets refuse it. */
  readonly control?: Control | undefined
  /** Keep-alive of accepted connections: absent means on with the defaults, `false` off. */
  readonly keepAlive?: KeepAliveConfig | boolean | undefined
  /** Serves multipath TCP (RFC 8684) beside TCP where the target has it. Off by default. */
  readonly multipathTCP?: boolean | undefined
}
