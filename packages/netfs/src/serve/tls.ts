import type { TlsOptions, TLSSocket } from 'node:tls'
import { type Conn, type IOOptions, type Listener, isBytes } from '@net/contract'
import { tlsClient, secureListener, type TLSOptions } from '@net/node/tls'
import { authenticates } from './export.ts'

/** PEM text or bytes. */
export type PEM = string | Uint8Array

/** The certificate of this end, and the authorities that the other end's must come from. */
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

/**
 * Whom a {@link tlsListener} lets in: those with a certificate of `ca`, or with one of the keys by their
 * names.
 */
export type TLSServerOptions = (
  CertificateOptions | { readonly keys: Readonly<Record<string, Uint8Array>> }
) & {
  /** Milliseconds for a handshake; default 10 000. */
  readonly handshakeTimeout?: number | undefined
}

// Pre-shared keys are used with a fresh exchange of keys (ECDHE), so that a key which leaks opens nothing that
// was recorded.
const pskSuites = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const

const MIN_KEY = 16 // bytes

// Throws a TypeError for a pre-shared key that can be guessed.
function checkKey(key: Uint8Array): void {
  if (!isBytes(key) || key.byteLength < MIN_KEY) {
    throw new TypeError(`a pre-shared key must have at least ${MIN_KEY} bytes`)
  }
}

/**
 * Speaks TLS as a client over a connection, which belongs to the result from then on. Rejects, the connection
 * closed, when the server does not prove who it is or does not let this client in; `signal` cancels the
 * handshake.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { tlsToExport, tlsListener } from '@net/netfs'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const key = randomBytes(32)
 * const plain = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const listener = tlsListener(plain, { keys: { laptop: key } })
 * const dialled = await posix().dialTCP('tcp', null, plain.addr)
 * const [client, server] = await Promise.all([
 *   tlsToExport(dialled, { identity: 'laptop', key }),
 *   listener.accept(),
 * ])
 * await client.write(new TextEncoder().encode('hello'))
 * console.log(await server.read(new Uint8Array(16))) // 5
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export async function tlsToExport(conn: Conn, options: TLSClientOptions): Promise<Conn> {
  return tlsClient(conn, clientOptions(options), options)
}

/**
 * A listener that speaks TLS on what another one accepts, and gives the connections of clients that have
 * proved who they are; others are hung up on and do not show. A slow client does not hold up the next one.
 * Closing it closes the other listener. Throws a TypeError for keys that can be guessed, and Node's error for
 * certificates that make no sense.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { tlsToExport, tlsListener } from '@net/netfs'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const key = randomBytes(32)
 * const plain = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const listener = tlsListener(plain, { keys: { laptop: key } })
 * const dialled = await posix().dialTCP('tcp', null, plain.addr)
 * const [client, server] = await Promise.all([
 *   tlsToExport(dialled, { identity: 'laptop', key }),
 *   listener.accept(),
 * ])
 * await client.write(new TextEncoder().encode('hello'))
 * console.log(await server.read(new Uint8Array(16))) // 5
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export function tlsListener(listener: Listener, options: TLSServerOptions): Listener {
  return Object.assign(secureListener(listener, serverOptions(options)), { [authenticates]: true })
}

function clientOptions(options: TLSClientOptions): TLSOptions {
  if ('identity' in options) {
    const { identity, key } = options
    checkKey(key)
    // With a pre-shared key, possession of the key authenticates the server; there is no name to check.
    return { ...pskSuites, checkServerIdentity: () => undefined, pskCallback: () => ({ psk: key, identity }) }
  }
  const { serverName } = options
  return { ...certificates(options), servername: serverName, minVersion: 'TLSv1.2' }
}

// Gives the options of Node's TLS for certificates.
function certificates({ cert, key, ca }: CertificateOptions): { cert: Buffer; key: Buffer; ca: Buffer[] } {
  const list = Array.isArray(ca) ? (ca as readonly PEM[]) : [ca as PEM]
  return { cert: Buffer.from(cert), key: Buffer.from(key), ca: list.map((pem) => Buffer.from(pem)) }
}

function serverOptions(options: TLSServerOptions): TlsOptions {
  const { handshakeTimeout = 10_000 } = options
  if (!('keys' in options)) {
    const asked = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const
    return { ...certificates(options), ...asked, handshakeTimeout }
  }
  const keys = new Map(Object.entries(options.keys))
  if (keys.size === 0) throw new TypeError('keys must have at least one pre-shared key')
  keys.forEach(checkKey)
  const pskCallback = (_socket: TLSSocket, identity: string): Uint8Array | null => keys.get(identity) ?? null
  return { ...pskSuites, pskCallback, handshakeTimeout }
}
