import type { Conn } from '@net/contract'

/** What a socket's streams run over: a TCP connection, or TLS on top of one. */
export interface Wire extends Conn {
  /** The protocol that TLS agreed on, or null; absent without TLS. */
  readonly alpn?: string | null
  /** Ends the writing. */
  closeWrite(): Promise<void>
}
