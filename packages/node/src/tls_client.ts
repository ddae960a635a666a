import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Conn, IOOptions } from '@net/contract'
import { endingOf, race } from '@net/io'
import { carry } from './carrier.ts'
import { TLSConn } from './tls_conn.ts'

/** How a client speaks TLS: Node's options of tls.connect that are not about where to. */
export type TLSOptions = Omit<
  ConnectionOptions,
  'host' | 'port' | 'path' | 'socket' | 'allowHalfOpen' | 'lookup' | 'timeout'
> & {
  /** The name that the server's certificate must have: `servername`, when that is absent. It may be an address. */
  readonly host?: string | undefined
}

/**
 * Speaks TLS as a client over a connection, which belongs to the result from then on. Rejects, the connection closed, with
 * Node's error when the server does not prove who it is or does not let this client in, with a TypeError or an error of
 * Node's for options that make no sense, and with the signal's reason when that is aborted before the handshake is done.
 */
export async function tlsClient(conn: Conn, options: TLSOptions, limits?: IOOptions): Promise<TLSConn> {
  let below: Pick<Conn, 'close'> = conn
  try {
    endingOf(limits)?.throwIfOver()
    const carrier = await carry(conn)
    below = carrier
    const socket = connect({ ...(options as ConnectionOptions), socket: carrier.stream })
    await race(handshake(socket), limits)
    return new TLSConn(socket, carrier)
  } catch (e) {
    await below.close()
    throw e
  }
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    // What comes after the handshake is of the connection, and heard there.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the server ended the TLS handshake')))
  })
}
