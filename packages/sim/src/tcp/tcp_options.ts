/** How TCP of a host behaves, where it is not as Linux does by default. Times are in milliseconds. */
export interface TCPOptions {
  /** How often a segment is sent again before the connection ends with ETIMEDOUT; 15 (net.ipv4.tcp_retries2). */
  readonly retries?: number | undefined
  /** How often a SYN is sent again before a dial fails with ETIMEDOUT; 6, which is 127 s (net.ipv4.tcp_syn_retries). */
  readonly synRetries?: number | undefined
  /** How long what was sent may stay unacknowledged before ETIMEDOUT; 0, the default, leaves it to `retries` (TCP_USER_TIMEOUT). */
  readonly userTimeout?: number | undefined
  /** How long a connection stays in TIME_WAIT; 60,000. */
  readonly timeWait?: number | undefined
  /** The receive buffer of new connections, in bytes; 262,144. */
  readonly readBuffer?: number | undefined
  /** The send buffer of new connections, in bytes; 262,144. */
  readonly writeBuffer?: number | undefined
  /** The sequence number that connections begin with, 0 to 2^32 - 1; absent: chance. */
  readonly firstSequence?: number | undefined
}

/** The same with nothing left out but `firstSequence`, which is null for chance. */
export interface TCPSettings {
  readonly retries: number
  readonly synRetries: number
  readonly userTimeout: number
  readonly timeWait: number
  readonly readBuffer: number
  readonly writeBuffer: number
  readonly firstSequence: number | null
}

const defaults = {
  retries: 15,
  synRetries: 6,
  userTimeout: 0,
  timeWait: 60_000,
  readBuffer: 262_144,
  writeBuffer: 262_144,
}

/** Fills in the defaults. Throws a TypeError for what TCP does not have, a RangeError for numbers that cannot be. */
export function tcpSettings(options: TCPOptions): TCPSettings {
  const { firstSequence = null, ...rest } = options
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (name !== 'firstSequence' && !Object.hasOwn(defaults, name))
      throw new TypeError(`TCP has no option ${name}`)
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new RangeError(`${name} is ${String(value)}; it is a number, 0 or more`)
  }
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  return { ...defaults, ...given, firstSequence }
}
