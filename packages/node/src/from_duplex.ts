import type { Duplex } from 'node:stream'
import { type Addr, parseIP, TCPAddr } from '@net/addr'
import type { ByteStreams, HalfCloser } from '@net/contract'
import { type Handle, processTimer } from '@net/io'
import { hostnameOf, portOf } from './node_address.ts'
import type { StreamBase } from './duplex_handle.ts'
import { StreamConn } from './stream_conn.ts'

/** Options of {@link fromDuplex}. */
export interface FromDuplexOptions {
  /** The address of this end. Absent means the stream's own, and for a stream without one an address of network 'stream'. */
  readonly localAddr?: Addr | undefined
  /** The address of the peer, in the same way. */
  readonly remoteAddr?: Addr | undefined
}

/** A stream that knows where it goes, as net.Socket does. */
interface Addressed {
  readonly localAddress?: unknown
  readonly localPort?: unknown
  readonly remoteAddress?: unknown
  readonly remotePort?: unknown
}

/**
 * Makes a connection of a stream of Node that stands, which it takes over: a channel of ssh2, a stream of http2, the socket of an
 * http 'upgrade', a TLSSocket, a child's stdio by `Duplex.from()`. Reads take what the stream has read ahead first. A write
 * settles when the stream has its last 64 KiB, of which it keeps a copy. The peer's end of stream leaves the writing open, whatever
 * the stream's `allowHalfOpen` was. Closing ends the stream, waits for a second at most until it has closed, and destroys it.
 *
 * Throws a TypeError for a stream of objects or of text (`setEncoding`). What the stream emits as 'error' is the cause of what
 * pending and later operations reject with.
 *
 * @example
 * ```ts
 * import { connect, createServer } from 'node:net'
 * import { once } from 'node:events'
 * import { fromDuplex } from '@net/core/node'
 *
 * const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
 * await once(server, 'listening')
 * const { port } = server.address() as { port: number }
 * const socket = connect(port, '127.0.0.1')
 * await once(socket, 'connect')
 * const conn = fromDuplex(socket)
 * console.log(await conn.read(new Uint8Array(64))) // 5
 * await conn.close()
 * server.close()
 * ```
 */
export function fromDuplex(stream: Duplex, options: FromDuplexOptions = {}): HalfCloser & ByteStreams {
  if (stream.readableObjectMode || stream.writableObjectMode) {
    throw new TypeError('the stream is one of objects')
  }
  if (stream.readableEncoding !== null) throw new TypeError('the stream is one of text')
  stream.allowHalfOpen = true
  return new StreamConn(stream, new Base(stream, options))
}

class Base implements StreamBase {
  readonly isDoneWithWritten = false
  readonly localAddr: Addr
  readonly remoteAddr: Addr
  readonly #stream: Duplex
  readonly #handle: Handle

  constructor(stream: Duplex, { localAddr, remoteAddr }: FromDuplexOptions) {
    const there = stream as Addressed
    this.#stream = stream
    this.localAddr = localAddr ?? addrOf(there.localAddress, there.localPort)
    this.remoteAddr = remoteAddr ?? addrOf(there.remoteAddress, there.remotePort)
    this.#handle = handleOf(stream)
  }

  ref(): void {
    this.#handle.ref()
  }

  unref(): void {
    this.#handle.unref()
  }

  close(): Promise<void> {
    const stream = this.#stream
    if (stream.closed) return Promise.resolve()
    return new Promise((resolve) => {
      stream.once('close', () => resolve())
      stream.destroy()
    })
  }
}

function addrOf(hostname: unknown, port: unknown): Addr {
  const host = hostnameOf({ hostname })
  const ip = host === undefined ? null : parseIP(host)
  const number = portOf({ port })
  return ip === null || number === undefined ? nowhere : new TCPAddr(ip, number)
}

const nowhere: Addr = Object.freeze({ network: 'stream', toString: () => 'stream' })

// A stream that keeps the process alive by itself lets it go for a start; any other has a timer do it.
function handleOf(stream: Duplex & Partial<Handle>): Handle {
  const { ref, unref } = stream
  if (typeof ref !== 'function' || typeof unref !== 'function') return processTimer
  unref.call(stream)
  return { ref: () => ref.call(stream), unref: () => unref.call(stream) }
}
