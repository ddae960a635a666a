import type { Addr } from '@net/addr'
import type { Closer, Deadline, Deadlines, IOOptions } from './closer.ts'

/**
 * A connection: bytes in order for streams, one packet a call for datagram sockets with a fixed peer. Concurrent
 * calls in one direction queue, first come first served.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * await client.write(new TextEncoder().encode('hello'))
 * await client.closeWrite()
 * const p = new Uint8Array(64)
 * console.log(await server.read(p)) // 5
 * console.log(await server.read(p)) // null
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export interface Conn<A extends Addr = Addr> extends Closer, Deadlines {
  /**
   * Reads up to `p.byteLength` bytes into `p` and gives their number, or `null` at the end of the stream
   * (never on datagram connections). An empty `p` gives 0 at once. Until the promise settles `p` belongs to
   * the connection. Rejects with an {@link OpError} of op 'read': past the deadline, after close, ECONNRESET
   * where the peer reset the connection, which comes behind the bytes that came before and which posix tells
   * once, then `null`; or with the signal's reason; with a TypeError where `p` is not a Uint8Array.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number | null>
  /**
   * Writes all of `p` and gives its length, or rejects; the error's `n` is the number of bytes that went.
   * Until the promise settles `p` belongs to the connection. It rejects with an {@link OpError} of op 'write'
   * (deadline, close, EPIPE, ECONNRESET), or with the signal's reason, or with a TypeError where `p` is not a
   * Uint8Array.
   */
  write(p: Uint8Array, options?: IOOptions): Promise<number>
  /** The address of this end; it stays readable after close. */
  readonly localAddr: A
  /** The address of the peer; it stays readable after close. */
  readonly remoteAddr: A
}

/**
 * The web streams over a stream connection; datagram connections do not have them.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const echoed = server.readable.pipeTo(server.writable)
 * const writer = client.writable.getWriter()
 * await writer.write(new TextEncoder().encode('hello'))
 * await writer.close()
 * for await (const bytes of client.readable) console.log(new TextDecoder().decode(bytes)) // hello
 * await echoed
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export interface ByteStreams {
  /**
   * The bytes read, as a byte stream; made on first use. Cancelling it closes the connection, as Deno's does:
   * to stop reading and go on writing, release the reader's lock. When both streams have ended the connection
   * is closed. Its reads fail as {@link Conn.read} does. Making it never throws on a stream.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /**
   * The bytes to write; made on first use. Closing it shuts down the write side, aborting it closes the
   * connection. Its writes fail as {@link Conn.write} does.
   */
  readonly writable: WritableStream<Uint8Array>
}

/**
 * Accepts connections.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const client = await dial('tcp', listener.addr.toString())
 * for await (const conn of listener) {
 *   console.log(conn.remoteAddr.toString() === client.localAddr.toString()) // true
 *   await conn.close()
 *   await listener.close() // ends the iteration
 * }
 * await client.close()
 * ```
 */
export interface Listener<C extends Conn = Conn, A extends Addr = Addr> extends Closer, AsyncIterable<C> {
  /**
   * Waits for the next connection. Concurrent calls queue. Rejects with an {@link OpError} of op 'accept':
   * past the deadline and after close; one whose `temporary` is true says nothing of the next connection; or
   * with the signal's reason. A connection that came belongs to the caller.
   */
  accept(options?: IOOptions): Promise<C>
  /** The address listened on; it stays readable after close. */
  readonly addr: A
  /**
   * Sets the deadline of pending and later accepts. Throws a TypeError for what is no deadline. On a closed
   * listener it does nothing.
   */
  setDeadline(t: Deadline): void
  /**
   * Sets the limit, in milliseconds, of each later accept; 0 means none. Throws a TypeError for a negative
   * number or what is none. On a closed listener it does nothing.
   */
  setTimeout(ms: number): void
  /** Accepts until the listener is closed; closing ends the iteration quietly, other errors are thrown. */
  [Symbol.asyncIterator](): AsyncIterableIterator<C>
}

/**
 * Sends and receives packets.
 *
 * @example
 * ```ts
 * import { listenPacket } from '@net/core'
 *
 * const a = await listenPacket('udp', '127.0.0.1:0')
 * const b = await listenPacket('udp', '127.0.0.1:0')
 * await a.writeTo(new TextEncoder().encode('ping'), b.localAddr)
 * const [packet, sender] = await b.receive()
 * console.log(new TextDecoder().decode(packet)) // ping
 * console.log(sender.port === a.localAddr.port) // true
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export interface PacketConn<A extends Addr = Addr>
  extends Closer, Deadlines, AsyncIterable<[Uint8Array<ArrayBuffer>, A]> {
  /**
   * Reads one packet into `p` and gives its length and sender; what does not fit into `p` is dropped. Until
   * the promise settles `p` belongs to the socket. Rejects with an {@link OpError} of op 'read' (deadline,
   * close, what the network told of packets sent), or with the signal's reason, or with a TypeError where `p`
   * is not a Uint8Array.
   */
  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: A]>
  /**
   * Sends `p` as one packet to `addr`; on a connected socket it rejects with {@link ErrWriteToConnected}.
   * Gives the length of `p`, which belongs to the socket until the promise settles. Rejects with an
   * {@link OpError} of op 'write' (deadline, close, EMSGSIZE for more bytes than a packet has), or with the
   * signal's reason, or with a TypeError where `p` or `addr` is of the wrong kind.
   */
  writeTo(p: Uint8Array, addr: A, options?: IOOptions): Promise<number>
  /**
   * Deno's word for {@link readFrom}: gives the part of `p` (or of a new buffer) that was filled. Without `p`
   * the whole packet comes in a new buffer of its length, which belongs to the caller. Rejects as
   * {@link readFrom}.
   */
  receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, A]>
  /** Deno's word for {@link writeTo}. Rejects as {@link writeTo}. */
  send(p: Uint8Array, addr: A): Promise<number>
  /** The address of this end; it stays readable after close. */
  readonly localAddr: A
  /** Deno's word for {@link localAddr}. */
  readonly addr: A
  /**
   * Receives until the connection is closed, each packet in a buffer of its own. Closing ends the iteration
   * quietly, other errors are thrown.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<[Uint8Array<ArrayBuffer>, A]>
}

/**
 * Access to the descriptor and the options of a socket, for what has no method of its own. Exists where the target
 * has descriptors. Levels, names and layouts are those of setsockopt(2) on the running system.
 *
 * @example
 * ```ts
 * import { listenTCPSync } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', null)
 * const SOL_SOCKET = 1 // linux
 * const SO_ACCEPTCONN = 30
 * if (process.platform === 'linux') listener.syscallConn().getsockoptInt(SOL_SOCKET, SO_ACCEPTCONN) // 1
 * await listener.close()
 * ```
 */
export interface RawConn {
  /**
   * Calls `f` with the descriptor, which must not be kept or closed. What `f` throws is
   * thrown on. Throws an {@link OpError} of op 'raw-control' after close.
   */
  control(f: (fd: number) => void): void
  /**
   * Calls `f` each time the descriptor becomes readable until it gives true; the read deadline holds. `f` is
   * called once before any wait. What `f` throws rejects the promise, as does an {@link OpError} of op
   * 'raw-read' past the deadline and after close; there is no signal.
   */
  read(f: (fd: number) => boolean): Promise<void>
  /**
   * Calls `f` each time the descriptor becomes writable until it gives true; the write deadline holds. `f` is
   * called once before any wait. What `f` throws rejects the promise, as does an {@link OpError} of op
   * 'raw-write' past the deadline and after close; there is no signal.
   */
  write(f: (fd: number) => boolean): Promise<void>
  /**
   * Reads an option that is a C int. Throws an {@link OpError} of op 'get': the kernel's error, or after
   * close.
   */
  getsockoptInt(level: number, name: number): number
  /**
   * Sets an option that is a C int. Throws an {@link OpError} of op 'set': the kernel's error, or after close.
   */
  setsockoptInt(level: number, name: number, value: number): void
  /**
   * Reads an option of up to `length` bytes and gives as many as the kernel filled. Throws an {@link OpError}
   * of op 'get': the kernel's error, or after close.
   */
  getsockopt(level: number, name: number, length: number): Uint8Array
  /** Sets an option from bytes. Throws an {@link OpError} of op 'set': the kernel's error, or after close. */
  setsockopt(level: number, name: number, value: Uint8Array): void
}
