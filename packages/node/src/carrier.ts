import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Conn, UnixConn, TCPConn } from '@net/contract'
import { toSocket } from './adopt.ts'
import { ConnDuplex } from './duplex.ts'

/** A connection as Node's TLS takes it. */
export interface Carrier extends Pick<Conn, 'localAddr' | 'remoteAddr' | 'ref' | 'unref' | 'close'> {
  /** What TLS reads from and writes to. */
  readonly stream: Duplex
}

/**
 * Takes a connection over for Node's TLS. One that has a descriptor is handed to Node itself: records then go between the
 * kernel and OpenSSL without JavaScript between them. Any other is read and written by its methods.
 */
export async function carry(conn: Conn): Promise<Carrier> {
  // The addresses are asked for now, since the connection is closed once Node has its descriptor.
  const { localAddr, remoteAddr } = conn
  const socket = await socketOf(conn)
  return socket === null ? new ConnCarrier(conn) : new SocketCarrier(socket, localAddr, remoteAddr)
}

// What is wrong with a connection that gives no descriptor, its next read tells.
async function socketOf(conn: Conn): Promise<Socket | null> {
  if (!('file' in conn)) return null
  return toSocket(conn as TCPConn | UnixConn, { allowHalfOpen: true }).catch(() => null)
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
    socket.on('error', () => {}) // the TLS socket on top of it emits the same error
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
