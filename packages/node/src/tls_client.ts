import { isIP } from 'node:net'
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
  /**
   * The name that the server's certificate must have, and that the server is told (RFC 6066) where it is no address;
   * `servername` goes before it.
   */
  readonly host?: string | undefined
}

/**
 * Speaks TLS as a client over a connection, which belongs to the result from then on. Rejects, the connection closed, with
 * Node's error when the server does not prove who it is or does not let this client in, with a TypeError or an error of
 * Node's for options that make no sense, and with the signal's reason when that is aborted before the handshake is done.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { tlsClient, tlsServer } from '@net/core/node'
 *
 * const key = new Uint8Array(32).fill(7) // random bytes that both ends know
 * const suite = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' } as const
 * const psk = { psk: key, identity: 'me' }
 * const [a, b] = pipe()
 * const [client, server] = await Promise.all([
 *   tlsClient(a, { ...suite, checkServerIdentity: () => undefined, pskCallback: () => psk }),
 *   tlsServer(b, { ...suite, pskCallback: () => key }),
 * ])
 * await server.write(new TextEncoder().encode('secret'))
 * console.log(await client.read(new Uint8Array(64))) // 6
 * await Promise.all([client.close(), server.close()])
 * ```
 */
export async function tlsClient(conn: Conn, options: TLSOptions, limits?: IOOptions): Promise<TLSConn> {
  let below: Pick<Conn, 'close'> = conn
  try {
    endingOf(limits)?.throwIfOver()
    const carrier = await carry(conn)
    below = carrier
    const { host } = options
    const name = host === undefined || isIP(host) !== 0 ? {} : { servername: host }
    const socket = connect({ ...name, ...(options as ConnectionOptions), socket: carrier.stream })
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
