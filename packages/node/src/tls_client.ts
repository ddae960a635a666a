import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Conn, IOOptions } from '@net/contract'
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
export async function secureConn(
  conn: Conn,
  options: TLSOptions,
  { signal }: IOOptions = {},
): Promise<TLSConn> {
  let below: Pick<Conn, 'close'> = conn
  try {
    signal?.throwIfAborted()
    const carrier = await carry(conn)
    below = carrier
    const socket = connect({ ...(options as ConnectionOptions), socket: carrier.stream })
    await handshake(socket, signal)
    return new TLSConn(socket, carrier)
  } catch (e) {
    await below.close()
    throw e
  }
}

// Destroys the socket when it fails.
function handshake(socket: TLSSocket, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      signal?.removeEventListener('abort', abort)
      socket.off('secureConnect', done).off('error', fail).off('close', close)
    }
    const done = (): void => {
      settle()
      resolve()
    }
    const fail = (reason: unknown): void => {
      settle()
      socket.on('error', () => {}) // the failure is told already
      socket.destroy()
      reject(reason)
    }
    const close = (): void => fail(new Error('the server ended the TLS handshake'))
    const abort = (): void => fail(signal?.reason)
    socket.on('secureConnect', done).on('error', fail).on('close', close)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort)
  })
}
