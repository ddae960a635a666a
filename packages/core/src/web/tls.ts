import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { ErrClosed, type TCPConn } from '@net/contract'
import { toDuplex } from '../node/duplex.ts'
import type { Wire } from './wire.ts'

/** How TLS is spoken: Node's options of tls.connect that are not about where to. */
export type TLSOptions = Omit<
  ConnectionOptions,
  | 'host'
  | 'port'
  | 'path'
  | 'socket'
  | 'allowHalfOpen'
  | 'servername'
  | 'ALPNProtocols'
  | 'lookup'
  | 'timeout'
>

/** Whom to expect at the other end. */
export interface TLSPeer {
  /** The hostname dialled: a name or an address. */
  readonly hostname: string
  /** The name to ask for, or null for the hostname. */
  readonly sni: string | null
  /** The protocols to offer. */
  readonly alpn: readonly string[]
}

const LINGER = 1000 // milliseconds that close waits for the peer to take the goodbye

/** TLS as a client on a connection, with Node's own implementation. */
class TLSWire implements Wire {
  readonly conn: TCPConn
  readonly alpn: string | null
  readonly #socket: TLSSocket
  #pending = 0

  constructor(conn: TCPConn, socket: TLSSocket) {
    this.conn = conn
    this.#socket = socket
    this.alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null
    socket.on('error', () => {}) // reads and writes tell
    conn.unref()
  }

  read(p: Uint8Array): Promise<number | null> {
    return this.#held(async () => {
      const socket = this.#socket
      for (;;) {
        const chunk = socket.read(Math.min(p.length, socket.readableLength)) as Buffer | null
        if (chunk !== null && chunk.length > 0) {
          p.set(chunk)
          return chunk.length
        }
        if (socket.readableEnded) return null
        if (socket.destroyed) throw socket.errored ?? ErrClosed
        await change(socket, ['readable', 'end', 'close'])
      }
    })
  }

  write(p: Uint8Array): Promise<void> {
    return this.#held(() => {
      return new Promise((resolve, reject) => {
        // A copy: the socket may still hold it when this wire has been closed.
        this.#socket.write(Buffer.from(p), (e) => (e ? reject(e) : resolve()))
      })
    })
  }

  closeWrite(): Promise<void> {
    return this.#held(() => {
      return new Promise((resolve, reject) => {
        this.#socket.once('close', () => reject(this.#socket.errored ?? ErrClosed))
        this.#socket.end(resolve)
      })
    })
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (!socket.destroyed && !socket.writableFinished) {
      const timer = setTimeout(() => socket.destroy(), LINGER)
      socket.end()
      await change(socket, ['finish', 'close'])
      clearTimeout(timer)
    }
    socket.destroy()
    await this.conn.close()
  }

  // The socket reads all the time; only what somebody waits for may keep the process alive.
  async #held<T>(op: () => Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.conn.ref()
    try {
      return await op()
    } finally {
      if (--this.#pending === 0) this.conn.unref()
    }
  }
}

/** Waits for one of some events and takes the listeners away. */
function change(socket: TLSSocket, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) socket.off(event, done)
      resolve()
    }
    for (const event of events) socket.on(event, done)
  })
}

/**
 * Speaks TLS on a connection, which belongs to the result. Rejects, the connection closed, when the server does not prove
 * who it is, and with the signal's reason when that is aborted.
 */
export async function secureWire(
  conn: TCPConn,
  peer: TLSPeer,
  options: TLSOptions,
  signal: AbortSignal,
): Promise<Wire> {
  const named = peer.sni ?? peer.hostname
  const closed = new AbortController()
  try {
    signal.throwIfAborted()
    const socket = connect({
      ...options,
      socket: toDuplex(conn),
      host: named,
      // An address is no name to ask for (RFC 6066, section 3), but the certificate must have it.
      servername: isAddress(named) ? '' : named,
      ALPNProtocols: [...peer.alpn],
    })
    const stop = AbortSignal.any([signal, closed.signal])
    socket.once('close', () => closed.abort(new Error('the server ended the TLS handshake')))
    try {
      await once(socket, 'secureConnect', { signal: stop })
    } catch (e) {
      socket.on('error', () => {}).destroy()
      throw stop.aborted ? stop.reason : e
    }
    return new TLSWire(conn, socket)
  } catch (e) {
    await conn.close()
    throw e
  }
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host)
}
