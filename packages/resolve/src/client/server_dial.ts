import type { Addr } from '@net/addr'
import { ErrDeadlineExceeded, OpError, type Conn, type Deadline, type UDPConn } from '@net/contract'
import { DeadlineTimer } from '@net/io'
import type { Cancellation } from './cancellation.ts'

/** What a resolver needs of a connection; every Conn of the contract is one. */
export interface DNSConn extends Pick<Conn, 'read' | 'write' | 'setDeadline' | 'close'> {
  /** The near end, for the text of errors; absent and null mean that it is not known. */
  readonly localAddr?: Addr | null
  /** The far end, likewise; absent and null mean the address that was dialled. */
  readonly remoteAddr?: Addr | null
  /** Its presence tells that the connection is one of packets. It is not called. */
  readonly readFrom?: unknown
  /** Sends the packets of several queries at once. Without it, or when it refuses, each is written by itself. */
  readonly writeBatch?: UDPConn['writeBatch']
  /** Reads what has come at once. Without it, or when it refuses, each packet is read by itself. */
  readonly readBatch?: UDPConn['readBatch']
}

/**
 * Connects to a DNS server: `network` is 'udp' or 'tcp', `address` is host:port with the host an address. A connection
 * that has no `readFrom` is taken for a stream, whatever the network: so DNS over TLS, or over a pipe, is a dial that
 * gives such a connection. It is closed after one query; a connection of packets may serve some that follow at once.
 */
export type ServerDial = (
  network: string,
  address: string,
  options: { readonly signal: AbortSignal; readonly deadline: Deadline },
) => Promise<DNSConn>

/**
 * Dials, and gives up at the deadline or when it is cancelled, even when the dial does not. A connection that comes too late
 * is closed. `timeout` is in milliseconds.
 */
export function dialWithin(
  dial: ServerDial,
  network: string,
  server: string,
  timeout: number,
  cancellation: Cancellation,
): Promise<DNSConn> {
  return new Promise((resolve, reject) => {
    let over = false
    const end = (): boolean => {
      if (over) return false
      over = true
      timer.clear()
      cancellation.delete(listener)
      return true
    }
    const fail = (e: unknown): void => {
      if (end()) reject(e)
    }
    const timer = new DeadlineTimer(() => {
      fail(new OpError('dial', network, null, serverAddr(network, server), ErrDeadlineExceeded))
    })
    const listener = { cancelled: fail }
    timer.set(performance.now() + timeout)
    cancellation.add(listener)
    try {
      dial(network, server, new DialLimits(cancellation, Date.now() + timeout)).then((conn) => {
        if (end()) resolve(conn)
        else closeConn(conn)
      }, fail)
    } catch (e) {
      fail(e)
    }
  })
}

/** The options of a dial, with a signal that is made for those dials that look at it. */
class DialLimits {
  readonly deadline: number
  readonly #cancellation: Cancellation

  constructor(cancellation: Cancellation, deadline: number) {
    this.#cancellation = cancellation
    this.deadline = deadline
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal
  }
}

/** The address of a server that was dialled, for the text of errors. */
export function serverAddr(network: string, server: string): Addr {
  return { network, toString: () => server }
}

/** The dial of a resolver that was given none: it always fails. */
export const noDial: ServerDial = () => {
  throw new Error('the resolver has no dial to reach DNS servers with')
}

/** Closes a connection that is of no more use. It takes effect at once; when it is done, and how, is nobody's concern. */
export function closeConn(conn: DNSConn): void {
  conn.close().catch(() => {})
}
