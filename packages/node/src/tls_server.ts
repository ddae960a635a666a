import { createServer, type Server, type TlsOptions, type TLSSocket } from 'node:tls'
import type { Conn, IOOptions } from '@net/contract'
import { endingOf, race } from '@net/io'
import { type Carrier, carry } from './carrier.ts'
import { TLSConn } from './tls_conn.ts'

/**
 * Speaks TLS as the server over a connection, which belongs to the result from then on. Options are those of tls.createServer,
 * which are read anew each time: whoever has a listener takes `secureListener`, which reads them once. Rejects, the connection
 * closed, with Node's error when the handshake fails or takes longer than `handshakeTimeout` (120,000 ms unless set), for options
 * that make no sense, and with the signal's reason when that is aborted before the handshake is done.
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
 * console.log(client.connectionState.protocol) // TLSv1.2
 * await client.write(new TextEncoder().encode('secret'))
 * console.log(await server.read(new Uint8Array(64))) // 6
 * await Promise.all([client.close(), server.close()])
 * ```
 */
export async function tlsServer(conn: Conn, options: TlsOptions, limits?: IOOptions): Promise<TLSConn> {
  let below: Pick<Conn, 'close'> = conn
  try {
    endingOf(limits)?.throwIfOver()
    const server = createServer(options)
    const carrier = await carry(conn)
    below = carrier
    return new TLSConn(await race(shakeHands(server, carrier), limits), carrier)
  } catch (e) {
    await below.close()
    throw e
  }
}

/**
 * Lets a server of TLS shake hands with one client. The server does not listen: connections are given to it. A view of it for each
 * handshake, which has all that is the server's but its own `emit`, tells whose socket it is. So the certificates are read once
 * for the server, and not for every client that knocks. Rejects with Node's error, and when the client hangs up.
 */
export function shakeHands(server: Server, { stream }: Carrier): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const view = Object.create(server) as Server
    view.emit = (event: string, ...args: unknown[]) => {
      if (event === 'secureConnection') resolve(args[0] as TLSSocket)
      else if (event === 'tlsClientError') reject(args[0])
      return false
    }
    stream.once('close', () => reject(new Error('the client ended the TLS handshake')))
    for (const take of server.listeners('connection')) Reflect.apply(take, view, [stream])
  })
}
