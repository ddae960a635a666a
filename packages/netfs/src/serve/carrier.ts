import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Conn, Filer } from '@net/contract'
import { ConnDuplex } from './conn_duplex.ts'

/** A connection as Node's TLS takes it. */
export interface Carrier extends Pick<Conn, 'localAddr' | 'remoteAddr' | 'ref' | 'unref' | 'close'> {
  /** What TLS reads from and writes to. */
  readonly stream: Duplex
}

/**
 * Takes a connection over for Node's TLS. One that has a descriptor is handed to Node itself: records then go between the
 * kernel and OpenSSL without JavaScript between them. Any other is read and written by its methods. Closes it when that fails.
 */
export async function carry(conn: Conn): Promise<Carrier> {
  // Asked now, since the connection is closed when Node has its descriptor.
  const { localAddr, remoteAddr } = conn
  const socket = await socketOf(conn)
  if (socket === null) return new ConnCarrier(conn)
  await conn.close()
  return new SocketCarrier(socket, localAddr, remoteAddr)
}

// A socket of Node's with a descriptor of its own; null where there is none, or Node can't use it.
async function socketOf(conn: Conn & Partial<Filer>): Promise<Socket | null> {
  const file = await conn.file?.().catch(() => undefined) // what is wrong with the connection its next read tells
  if (file === undefined) return null
  try {
    return new Socket({ fd: file.fd, allowHalfOpen: true, readable: true, writable: true })
  } catch {
    await file.close()
    return null
  }
}

class ConnCarrier implements Carrier {
  readonly stream: Duplex
  readonly #conn: Conn

  constructor(conn: Conn) {
    this.stream = new ConnDuplex(conn)
    this.#conn = conn
  }

  get localAddr(): Conn['localAddr'] {
    return this.#conn.localAddr
  }

  get remoteAddr(): Conn['remoteAddr'] {
    return this.#conn.remoteAddr
  }

  ref(): void {
    this.#conn.ref()
  }

  unref(): void {
    this.#conn.unref()
  }

  close(): Promise<void> {
    return this.#conn.close()
  }
}

class SocketCarrier implements Carrier {
  readonly stream: Socket
  readonly localAddr: Conn['localAddr']
  readonly remoteAddr: Conn['remoteAddr']

  constructor(socket: Socket, local: Conn['localAddr'], remote: Conn['remoteAddr']) {
    this.stream = socket
    this.localAddr = local
    this.remoteAddr = remote
    // TLS on top of it tells.
    socket.on('error', () => {})
  }

  ref(): void {
    this.stream.ref()
  }

  unref(): void {
    this.stream.unref()
  }

  close(): Promise<void> {
    const { stream } = this
    if (stream.closed) return Promise.resolve()
    return new Promise((resolve) => {
      stream.once('close', () => {
        resolve()
      })
      stream.destroy()
    })
  }
}
