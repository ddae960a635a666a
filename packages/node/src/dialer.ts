import { type Addr, joinHostPort, parseIP, TCPAddr } from '@net/addr'
import { ErrDeadlineExceeded, OpError, type Conn } from '@net/contract'

/** What streams and agents dial with, by options `O`: a `Net` of `@net/core` is one. */
export interface Dialer<O = unknown> {
  /**
   * Connects to an address of a network: 'host:port' of 'tcp', 'tcp4' or 'tcp6', a path of 'unix'. It rejects where it cannot.
   * It is given the options of the caller, and with them a `signal` and a `localAddr` where there are any.
   */
  dial(network: string, address: string, options?: O): Promise<Conn>
}

/** Where to, and from where, in the words of net.connect. */
export interface Destination {
  /** The host, 'localhost' when absent. */
  readonly host?: string | undefined
  /** The port. */
  readonly port?: number | string | undefined
  /** The path of a Unix socket, in place of host and port. */
  readonly path?: string | null | undefined
  /** The IP address to dial from. */
  readonly localAddress?: string | undefined
  /** The port to dial from; any when absent. */
  readonly localPort?: number | undefined
  /** The family of addresses to use: 4 or 6; 0, as absent, means both. */
  readonly family?: number | undefined
}

/** Dials a destination. Rejects as the dialer does, and with a RangeError for a local address that is none. */
export async function dialTo<O>(
  net: Dialer<O>,
  to: Destination,
  options: O | undefined,
  signal: AbortSignal,
): Promise<Conn> {
  const localAddr = localAddrOf(to)
  const all = { ...options, signal, ...(localAddr !== null && { localAddr }) } as O
  if (to.path) return net.dial('unix', to.path, all)
  const family = to.family === 4 || to.family === 6 ? to.family : ''
  return net.dial(`tcp${family}`, joinHostPort(to.host ?? 'localhost', to.port ?? 0), all)
}

function localAddrOf({ localAddress, localPort = 0 }: Destination): Addr | null {
  if (localAddress === undefined) return localPort === 0 ? null : new TCPAddr(null, localPort)
  const ip = parseIP(localAddress)
  if (ip === null) throw new RangeError(`localAddress is no IP address: ${localAddress}`)
  return new TCPAddr(ip, localPort)
}

/** The error of a dial that took longer than was allowed, to an address of which there is only the text. */
export function dialTimedOut(network: string, address: string): OpError {
  return new OpError('dial', network, null, { network, toString: () => address }, ErrDeadlineExceeded)
}
