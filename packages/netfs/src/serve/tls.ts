import { connect, type ConnectionOptions } from 'node:tls'
import type { Conn, IOOptions } from '@net/contract'
import { carry } from './carrier.ts'
import { TLSConn } from './tls_conn.ts'

/** PEM text or bytes. */
export type PEM = string | Uint8Array

/** Both ends have certificates. */
export interface CertificateOptions {
  /** The own certificate, and those that lead to the authority. */
  readonly cert: PEM
  /** Its private key. */
  readonly key: PEM
  /** The authorities that the other end's certificate must come from. */
  readonly ca: PEM | readonly PEM[]
}

/** A pre-shared key as the client has it. */
export interface PreSharedKey {
  /** The name of the key. */
  readonly identity: string
  /** At least 16 random bytes. */
  readonly key: Uint8Array
}

/** How a client proves who it is, and finds out who the server is. */
export type TLSClientOptions = IOOptions &
  (
    | (CertificateOptions & { /** The name in the server's certificate. */ readonly serverName: string })
    | PreSharedKey
  )

/** The suites for pre-shared keys: with a fresh exchange of keys, so that a key that leaks opens nothing recorded. */
export const pskSuites = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const

const MIN_KEY = 16 // bytes

/** Throws a TypeError for a pre-shared key that can be guessed. */
export function checkKey(key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || key.length < MIN_KEY) {
    throw new TypeError(`a pre-shared key has at least ${MIN_KEY} bytes`)
  }
}

/**
 * Speaks TLS as a client over a connection, which belongs to the result from then on. Rejects, the connection closed, when the
 * server does not prove who it is or does not let this client in; `signal` cancels the handshake.
 */
export async function tlsClient(conn: Conn, options: TLSClientOptions): Promise<Conn> {
  const { signal } = options
  signal?.throwIfAborted()
  const tls = clientOptions(options)
  const carrier = await carry(conn)
  const socket = connect({ socket: carrier.stream, ...tls })
  const abort = (): void => {
    socket.destroy(signal?.reason as Error)
  }
  signal?.addEventListener('abort', abort)
  if (signal?.aborted === true) abort()
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
      socket.once('close', () => {
        reject(new Error('the server ended the TLS handshake'))
      })
    })
  } catch (error) {
    await carrier.close()
    throw signal?.aborted === true ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', abort)
    socket.removeAllListeners('secureConnect').removeAllListeners('close')
  }
  return new TLSConn(socket, carrier)
}

function clientOptions(options: TLSClientOptions): ConnectionOptions {
  if ('identity' in options) {
    const { identity, key } = options
    checkKey(key)
    // Who has the key is the server.
    return { ...pskSuites, checkServerIdentity: () => undefined, pskCallback: () => ({ psk: key, identity }) }
  }
  const { serverName } = options
  return { ...certificates(options), servername: serverName, minVersion: 'TLSv1.2' }
}

/** The options of Node's TLS for certificates. */
export function certificates({ cert, key, ca }: CertificateOptions): {
  cert: Buffer
  key: Buffer
  ca: Buffer[]
} {
  const list = Array.isArray(ca) ? (ca as readonly PEM[]) : [ca as PEM]
  return { cert: Buffer.from(cert), key: Buffer.from(key), ca: list.map((pem) => Buffer.from(pem)) }
}
