import type { TCPConn } from '@net/contract'

/** What a socket's streams run over: a TCP connection, or TLS on top of one. */
export interface Wire {
  /** The connection at the bottom. */
  readonly conn: TCPConn
  /** The protocol that TLS agreed on, or null. */
  readonly alpn: string | null
  /** Reads into `p`: the number of bytes, or null at the end. The signal stops it without taking bytes away, where it can. */
  read(p: Uint8Array, signal: AbortSignal): Promise<number | null>
  /** Writes all of `p`. */
  write(p: Uint8Array): Promise<unknown>
  /** Ends the writing. */
  closeWrite(): Promise<void>
  /** Gives the connection back. */
  close(): Promise<void>
}

/** A connection as it is. */
export function plainWire(conn: TCPConn): Wire {
  return {
    conn,
    alpn: null,
    read: (p, signal) => conn.read(p, { signal }),
    write: (p) => conn.write(p),
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  }
}
