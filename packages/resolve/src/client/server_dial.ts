import type { Addr } from '@net/addr'
import {
  ErrDeadlineExceeded,
  OpError,
  type Conn,
  type Deadline,
  type IOOptions,
  type UDPConn,
} from '@net/contract'
import { race, Scope } from '@net/io'

/** What a resolver needs of a connection; every Conn of the contract is one. */
export interface DNSConn extends Pick<Conn, 'read' | 'write' | 'setDeadline' | 'close'> {
  /** The near end, for the text of errors; absent and null mean that it is not known. */
  readonly localAddr?: Addr | null
  /** The far end, for the text of errors; absent and null mean the address that was dialled. */
  readonly remoteAddr?: Addr | null
  /** Its presence tells that the connection is one of packets. It is not called. */
  readonly readFrom?: unknown
  /**
   * Sends the packets of several queries at once. Without it, or when it refuses, each is written by
   * itself.
   */
  readonly writeBatch?: UDPConn['writeBatch']
  /** Reads what has come at once. Without it, or when it refuses, each packet is read by itself. */
  readonly readBatch?: UDPConn['readBatch']
}

/** What ends a dial of a {@link ServerDial}. */
export interface ServerDialOptions extends IOOptions {
  /** Aborted when nobody waits for the lookup any more, or when the deadline has passed. */
  readonly signal: AbortSignal
  /** When the dial has to be done, in milliseconds since the epoch; null means no limit. */
  readonly deadline: Deadline
}

/**
 * Connects to a DNS server: `network` is 'udp' or 'tcp', `address` is host:port with the host an address. A
 * connection that has no `readFrom` is taken for a stream, whatever the network: so DNS over TLS, or over a
 * pipe, is a dial that gives such a connection. It is closed after one query; a connection of packets may
 * serve some that follow at once. An error that it rejects with, or throws, is the cause of the DNSError
 * for that server.
 */
export type ServerDial = (network: string, address: string, options: ServerDialOptions) => Promise<DNSConn>

/**
 * The end of a dial, which is the options of the dial at once: a signal is made only for a dial that looks
 * at it.
 */
export class DialScope extends Scope implements ServerDialOptions {
  readonly deadline: number | null

  /**
   * Follows what ends `options`. `end` is the limit that the dial is told, on the monotonic clock, or
   * Infinity; unless `isWatched`, the scope itself does not look at the clock.
   */
  constructor(options: IOOptions | undefined, end: number, isWatched: boolean) {
    super(options, isWatched ? end : Infinity)
    this.deadline = end === Infinity ? null : Date.now() + (end - performance.now())
  }
}

/**
 * Dials, and gives up at `end`, a moment on the monotonic clock, or when what ends `options` comes, even
 * when the dial does not. A connection that comes too late is closed.
 */
export async function dialUntil(
  dial: ServerDial,
  network: string,
  server: string,
  end: number,
  options: IOOptions | undefined,
): Promise<DNSConn> {
  const scope = new DialScope(options, end, true)
  try {
    return await race(dial(network, server, scope), scope, closeConn)
  } catch (e) {
    throw e === ErrDeadlineExceeded ? dialTimedOut(network, server) : e
  } finally {
    scope.leave()
  }
}

/** The error of a dial that took too long. */
export function dialTimedOut(network: string, server: string): OpError {
  return new OpError('dial', network, null, serverAddr(network, server), ErrDeadlineExceeded)
}

/** The address of a server that was dialled, for the text of errors. */
export function serverAddr(network: string, server: string): Addr {
  return { network, toString: () => server }
}

/** The dial of a resolver that was given none: it always fails. */
export const noDial: ServerDial = () => {
  throw new Error('the resolver has no dial to reach DNS servers with')
}

/**
 * Closes a connection that is of no more use. It takes effect at once; when it is done, and how, is
 * nobody's concern.
 */
export function closeConn(conn: DNSConn): void {
  conn.close().catch(() => {})
}
