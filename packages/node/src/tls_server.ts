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
    const acceptor = new TLSAcceptor(options)
    const carrier = await carry(conn)
    below = carrier
    return await race(acceptor.shakeHands(carrier), limits)
  } catch (e) {
    await below.close()
    throw e
  }
}

/** Shakes hands with clients, by options of tls.createServer, which are read once. */
export class TLSAcceptor {
  // It does not listen: connections are given to it.
  readonly #server: Server
  readonly #keyNames = new WeakMap<TLSSocket, string>() // of the pre-shared keys that clients have

  /** Throws Node's error for options that make no sense. */
  constructor(options: TlsOptions) {
    const { pskCallback } = options
    const noted: typeof pskCallback = (socket, identity) => {
      this.#keyNames.set(socket, identity)
      return pskCallback?.(socket, identity) ?? null
    }
    this.#server = createServer(pskCallback === undefined ? options : { ...options, pskCallback: noted })
  }

  /** Shakes hands with one client. Rejects with Node's error, and when the client hangs up. */
  async shakeHands(carrier: Carrier): Promise<TLSConn> {
    const socket = await this.#handshake(carrier)
    return new TLSConn(socket, carrier, this.#keyNames.get(socket) ?? null)
  }

  // A view of the server for each handshake, which has all that is the server's but its own `emit`, tells whose socket it is. So the
  // certificates are read once for the server, and not for every client that knocks.
  #handshake({ stream }: Carrier): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const view = Object.create(this.#server) as Server
      view.emit = (event: string, ...args: unknown[]) => {
        if (event === 'secureConnection') resolve(halfOpen(args[0] as TLSSocket, stream))
        else if (event === 'tlsClientError') reject(args[0])
        return false
      }
      stream.once('close', () => reject(new Error('the client ended the TLS handshake')))
      // Node makes its socket as this one is: with half-close it would wait until the timeout for a client that has gone.
      stream.allowHalfOpen = false
      for (const take of this.#server.listeners('connection')) Reflect.apply(take, view, [stream])
    })
  }
}

// What is read from one end may end before what is written to it.
function halfOpen(socket: TLSSocket, below: Carrier['stream']): TLSSocket {
  socket.allowHalfOpen = below.allowHalfOpen = true
  return socket
}
