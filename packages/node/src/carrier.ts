import type { Socket } from 'node:net'
import type { Conn, TCPConn, UnixConn } from '@net/contract'
import { toSocket } from './adopt.ts'
import { ConnDuplex } from './duplex.ts'
import type { StreamBase } from './duplex_handle.ts'

/**
 * Takes a connection over for Node's TLS. One that has a descriptor is handed to Node itself: records then go between the
 * kernel and OpenSSL without JavaScript between them. Any other is read and written by its methods.
 */
export async function carry(conn: Conn): Promise<Carrier> {
  // The addresses are asked for now, since the connection is closed once Node has its descriptor.
  const { localAddr, remoteAddr } = conn
  const stream = (await socketOf(conn)) ?? new TLSStream(conn, { allowHalfOpen: true })
  return new Carrier(stream, localAddr, remoteAddr)
}

// What is wrong with a connection that gives no descriptor, its next read tells.
async function socketOf(conn: Conn): Promise<Socket | null> {
  if (!('file' in conn)) return null
  return toSocket(conn as TCPConn | UnixConn, { allowHalfOpen: true }).catch(() => null)
}

class TLSStream extends ConnDuplex {
  protected override cut(): void {
    // TLS has told the peer of the end, so a connection without half-close stays open for what the peer still sends.
  }
}

/** A connection as Node's TLS takes it. */
export class Carrier implements StreamBase {
  /** TLS encrypts what it is given into memory of its own. */
  readonly isDoneWithWritten = true
  /** What TLS reads from and writes to. */
  readonly stream: Socket | ConnDuplex
  readonly localAddr: Conn['localAddr']
  readonly remoteAddr: Conn['remoteAddr']

  /** Takes over a stream between two addresses. */
  constructor(stream: Socket | ConnDuplex, local: Conn['localAddr'], remote: Conn['remoteAddr']) {
    this.stream = stream
    this.localAddr = local
    this.remoteAddr = remote
    stream.on('error', () => {}) // the TLS socket on top of it emits the same error
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
