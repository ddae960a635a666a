import type { Conn } from '@net/contract'
import type { ConnectionState } from '@net/node/tls'

/** What a socket's streams run over: a TCP connection, or TLS on top of one. */
export interface Wire extends Conn {
  /** What TLS agreed on; absent without TLS. */
  readonly connectionState?: Pick<ConnectionState, 'alpn'>
}
