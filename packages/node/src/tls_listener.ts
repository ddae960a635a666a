import type { TlsOptions } from 'node:tls'
import type { Conn, Listener } from '@net/contract'
import { HandshakeListener } from '@net/io'
import { carry } from './carrier.ts'
import type { TLSConn } from './tls_conn.ts'
import { TLSAcceptor } from './tls_server.ts'

/**
 * Makes a listener that speaks TLS on what another one accepts, and gives the connections whose handshake is done, addresses and all;
 * those that fail are hung up on and do not show. Options are those of tls.createServer, and with `requestCert` only clients with
 * a certificate of `ca` come in. A slow client does not hold up the next one: of 128 handshakes the oldest makes room of the client
 * that has the most, by its address or its /64 of IPv6, and none has more than 64. Closing it closes the other listener. Throws Node's error for options that make no sense.
 *
 * @example
 * ```ts
 * import { defaultNet, listen } from '@net/core'
 * import { secureListener, tlsClient } from '@net/core/node'
 *
 * const key = new Uint8Array(32).fill(7) // random bytes that both ends know
 * const suite = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' } as const
 * const listener = secureListener(await listen('tcp', '127.0.0.1:0'), { ...suite, pskCallback: () => key })
 * const dialled = await defaultNet().dial('tcp', listener.addr.toString())
 * const psk = { psk: key, identity: 'me' }
 * const [client, server] = await Promise.all([
 *   tlsClient(dialled, { ...suite, checkServerIdentity: () => undefined, pskCallback: () => psk }),
 *   listener.accept(),
 * ])
 * await client.write(new TextEncoder().encode('secret'))
 * console.log(await server.read(new Uint8Array(64))) // 6
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export function secureListener(listener: Listener, options: TlsOptions): Listener<TLSConn> {
  const acceptor = new TLSAcceptor(options)
  return new HandshakeListener(listener, async (accepted: Conn, handshake) => {
    const carrier = await carry(accepted)
    handshake.conn = carrier
    if (handshake.ended) throw new Error('the handshake had to make room')
    return await acceptor.shakeHands(carrier)
  })
}
