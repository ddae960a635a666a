import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Carrier } from './carrier.ts'
import { StreamConn } from './stream_conn.ts'

/** What the two ends of a TLS connection agreed on, and what is known of the peer. */
export interface ConnectionState {
  /** The version: 'TLSv1.2', 'TLSv1.3'. */
  readonly protocol: string
  /** The cipher suite by its name in the standard: 'TLS_AES_256_GCM_SHA384'. */
  readonly cipher: string
  /** The protocol that both ends agreed on (RFC 7301), or null. */
  readonly alpn: string | null
  /** The name that the client asked for (RFC 6066), or null. */
  readonly serverName: string | null
  /** The peer's certificate, or null where it showed none, as in most cases a client. */
  readonly peerCertificate: X509Certificate | null
  /** Whether the peer's certificate comes from an authority that is trusted, for the name that was expected. */
  readonly verified: boolean
  /** Whether the keys are those of an earlier connection, which saves a part of the handshake. */
  readonly resumed: boolean
}

/**
 * A connection with Node's TLS on top of another one. Its addresses are those of the other; its half-close is TLS's own, whatever
 * the stack below has.
 */
export class TLSConn extends StreamConn {
  /** What the handshake came to; it stays readable after close. */
  readonly connectionState: ConnectionState
  /**
   * Who the peer has proved to be: the name of its pre-shared key, or the SHA-256 fingerprint of its
   * certificate in hexadecimal with colons; null when it was not asked, and at a client with a pre-shared key.
   */
  readonly identity: string | null

  /** Takes over a socket whose handshake is done, and the connection below it; `keyName` is that of the peer's pre-shared key. */
  constructor(socket: TLSSocket, below: Carrier, keyName: string | null = null) {
    super(socket, below)
    below.unref()
    this.identity = keyName ?? socket.getPeerX509Certificate()?.fingerprint256 ?? null
    this.connectionState = stateOf(socket)
  }
}

function stateOf(socket: TLSSocket): ConnectionState {
  // On the server's side `servername` is what the client asked for; the types do not know it.
  const { servername } = socket as TLSSocket & { readonly servername?: string | false | null }
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null,
    serverName: typeof servername === 'string' && servername !== '' ? servername : null,
    peerCertificate: socket.getPeerX509Certificate() ?? null,
    verified: socket.authorized,
    resumed: socket.isSessionReused(),
  }
}
