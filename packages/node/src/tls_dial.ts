import type { TlsOptions } from 'node:tls'
import { splitHostPort } from '@net/addr'
import { ErrDeadlineExceeded, type IOOptions, type Listener } from '@net/contract'
import { within } from '@net/io'
import { type Dialer, dialTimedOut } from './dialer.ts'
import { tlsClient, type TLSOptions } from './tls_client.ts'
import type { TLSConn } from './tls_conn.ts'
import { secureListener } from './tls_listener.ts'

/** Options of {@link dialTLS}: how to speak TLS, how to dial, and when to give up both together. */
export type DialTLSOptions<O = unknown> = TLSOptions &
  IOOptions & {
    /** The milliseconds that the dial and the handshake may take together; without end when absent. */
    readonly timeout?: number | undefined
    /** Options of the dial; those of above hold for it too. */
    readonly dial?: O | undefined
  }

/** What listens, by options `O`: a `Net` of `@net/core` is one. */
export interface ListenerSource<O = unknown> {
  /** Listens on an address of a network. It rejects where it cannot. */
  listen(network: string, address: string, options?: O): Promise<Listener>
}

/**
 * Dials an address and speaks TLS there, as Go's tls.Dial does. The server's certificate must be for the host of the address,
 * unless the options have another `servername` or `host`. Rejects as `net.dial` does and as {@link tlsClient} does, with
 * an {@link OpError} of op 'dial' with {@link ErrDeadlineExceeded} after `timeout`, and with the signal's reason; nothing stays open then.
 *
 * @example
 * ```ts
 * import { defaultNet } from '@net/core'
 * import { dialTLS, listenTLS } from '@net/core/node'
 *
 * const key = new Uint8Array(32).fill(7) // random bytes that both ends know
 * const suite = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' } as const
 * const psk = { psk: key, identity: 'me' }
 * const net = defaultNet()
 * const listener = await listenTLS(net, 'tcp', '127.0.0.1:0', { ...suite, pskCallback: () => key })
 * const [client, server] = await Promise.all([
 *   dialTLS(net, 'tcp', listener.addr.toString(), {
 *     ...suite,
 *     checkServerIdentity: () => undefined,
 *     pskCallback: () => psk,
 *     timeout: 10_000,
 *   }),
 *   listener.accept(),
 * ])
 * await client.write(new TextEncoder().encode('secret'))
 * console.log(await server.read(new Uint8Array(64))) // 6
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export async function dialTLS<O>(
  net: Dialer<O & IOOptions>,
  network: string,
  address: string,
  options: DialTLSOptions<O> = {},
): Promise<TLSConn> {
  const { timeout, dial, signal, ...tls } = options
  const at = timeout === undefined ? Infinity : performance.now() + timeout
  const work = async (limits: IOOptions | undefined): Promise<TLSConn> => {
    const given = { ...dial, ...(limits !== undefined && { signal: limits.signal }) } as O & IOOptions
    const conn = await net.dial(network, address, given)
    return await tlsClient(conn, { ...hostOf(network, address), ...tls }, limits)
  }
  try {
    return await within({ signal }, at, work, (late) => void late.close())
  } catch (e) {
    if (e !== ErrDeadlineExceeded) throw e
    throw dialTimedOut(network, address)
  }
}

function hostOf(network: string, address: string): { host?: string } {
  return network.startsWith('unix') ? {} : { host: splitHostPort(address).host }
}

/**
 * Listens on an address and speaks TLS with who dials it, as Go's tls.Listen does: what {@link secureListener} makes of
 * `net.listen`. Rejects as `net.listen` does, and with Node's error for options of tls.createServer that make no sense.
 *
 * @example
 * ```ts
 * import { defaultNet } from '@net/core'
 * import { listenTLS } from '@net/core/node'
 *
 * const key = new Uint8Array(32).fill(7) // random bytes that both ends know
 * const listener = await listenTLS(defaultNet(), 'tcp', '127.0.0.1:0', {
 *   ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
 *   maxVersion: 'TLSv1.2',
 *   pskCallback: () => key,
 * })
 * console.log(listener.addr.network) // tcp
 * await listener.close()
 * ```
 */
export async function listenTLS<O>(
  net: ListenerSource<O>,
  network: string,
  address: string,
  options: TlsOptions & { readonly listen?: O | undefined },
): Promise<Listener<TLSConn>> {
  const { listen, ...tls } = options
  const listener = await net.listen(network, address, listen)
  try {
    return secureListener(listener, tls)
  } catch (e) {
    await listener.close()
    throw e
  }
}
