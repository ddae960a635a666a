import type { UnixAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { ByteStreams, Conn, Listener, PacketConn, RawConn } from './conn.ts'
import type { Filer } from './file.ts'
import type { DialOptions, ListenOptions } from './options.ts'
import type { FileSource, SendFileOptions } from './sendfile.ts'

/** The Unix networks: stream, datagram, sequenced packets. */
export type UnixNetwork = 'unix' | 'unixgram' | 'unixpacket'

/** What readMsgUnix read. */
export interface UnixMessage {
  /** The bytes of the message; null at the end of a stream, or of sequenced packets. */
  readonly n: number | null
  /** The bytes of control messages. */
  readonly oobn: number
  /** The kernel's MSG_ flags: MSG_TRUNC where the message was cut, MSG_CTRUNC where the control messages were. */
  readonly flags: number
  /** The sender's address; its name is empty where the sender has none, as with all streams. */
  readonly addr: UnixAddr
}

/**
 * A Unix socket of one of three kinds. 'unix' is a stream of bytes and has the web streams. 'unixpacket'
 * keeps the borders of records, in order, and has an end; an empty record reads as the end, as the kernel
 * does not tell them apart. 'unixgram' exchanges packets, which are not lost, with one peer (dialled) or any
 * (listening); it has no end. Exists on posix, and as streams only on the host's own sockets (`hosted()`);
 * plan9 has none.
 *
 * @example
 * ```ts
 * import { socketPair } from '@net/posix'
 *
 * const [a, b] = socketPair('unixpacket') // keeps the borders of records
 * await a.write(new Uint8Array(2))
 * await a.write(new Uint8Array(3))
 * console.log(await b.read(new Uint8Array(10))) // 2
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export interface UnixConn extends Conn<UnixAddr>, PacketConn<UnixAddr>, ByteStreams, Filer {
  /** The bytes read, of a stream; other kinds throw a TypeError. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /** The bytes to write, of a stream; other kinds throw a TypeError. */
  readonly writable: WritableStream<Uint8Array>
  /**
   * Reads one packet into `p` and gives its length and sender, whose name is empty where it has none; what
   * does not fit into `p` is dropped. A stream gives the bytes that are there, and 0 at its end. Rejects as
   * {@link PacketConn.readFrom}.
   */
  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]>
  /** The same as readFrom, under Go's name. Rejects as that does. */
  readFromUnix(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]>
  /** The same as writeTo, under Go's name. Rejects as that does. */
  writeToUnix(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number>
  /**
   * Reads into `p` and, for control messages, into `oob`. Descriptors that come with them are close-on-exec
   * and belong to the caller; those that `oob` has no room for are closed, and `flags` has MSG_CTRUNC. A
   * stream or sequenced packets read with an empty `p` take one byte away, which is what carries the control
   * messages. Rejects as {@link PacketConn.readFrom}.
   */
  readMsgUnix(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<UnixMessage>
  /**
   * Writes all of `p`, and with its first byte the control messages in `oob`, to `addr` or, when it is null,
   * to the peer. Descriptors in them stay open here, and may be closed when the promise has settled. Control
   * messages go with at least one byte: where `p` is empty, a stream or sequenced packets carry a zero byte
   * that `n` does not count. Rejects with an {@link OpError} of op 'write' whose `n` is the number of bytes
   * that went (EBADF for a descriptor that is not open), or with the signal's reason.
   */
  writeMsgUnix(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UnixAddr | null,
    options?: IOOptions,
  ): Promise<{ n: number; oobn: number }>
  /**
   * Writes all of several buffers, in order, as one write: of a stream with as few system calls as the target
   * can do, of other kinds as one packet or record, of up to 1024 buffers. Gives their length together; an
   * error's `n` is the number of bytes that went. Until the promise settles the buffers belong to the
   * connection. Rejects as {@link Conn.write}; with a TypeError for what is no array of Uint8Arrays.
   */
  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number>
  /**
   * Sends a file, a stream or what comes in on another connection, without copying where the target can, and
   * gives the number of bytes sent: {@link SendfileGroup.sendFile}, and rejects as that does. Other writes
   * wait until it is done. Of a stream: other kinds reject with a TypeError.
   */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number>
  /**
   * Shuts down the read side: pending and later reads end. Rejects with an {@link OpError} of op 'close' after
   * close, and where the system cannot.
   */
  closeRead(): Promise<void>
  /**
   * Shuts down the write side: the peer reads to the end, this end can still read. Pending and later writes
   * reject with EPIPE. Rejects with an {@link OpError} of op 'close' after close, and where the system cannot.
   */
  closeWrite(): Promise<void>
  /**
   * Whether close removes the file this end is bound to; off, as in Go, where no connection does it. After
   * close it has no effect. The host's own sockets throw EWINDOWS.
   */
  setUnlinkOnClose(on: boolean): void
  /**
   * Sets the size of the kernel's receive buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close, and on the host's own streams.
   */
  setReadBuffer(bytes: number): void
  /**
   * Sets the size of the kernel's send buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close, and on the host's own streams.
   */
  setWriteBuffer(bytes: number): void
  /**
   * Gives access to the descriptor and the socket's options. Exists on posix; targets without descriptors
   * throw an {@link OpError} of op 'raw-control'.
   */
  syscallConn(): RawConn
}

/** Accepts Unix socket connections. Closing it removes the socket's file. */
export interface UnixListener extends Listener<UnixConn, UnixAddr>, Filer {
  /** The same as accept, under Go's name. Rejects as that does. */
  acceptUnix(options?: IOOptions): Promise<UnixConn>
  /**
   * Whether close removes the socket's file; on for listeners that made it, off for those of a descriptor. To
   * be turned off before another process takes the listener over. Abstract names have no file. After close it
   * has no effect on posix, and throws an {@link OpError} of op 'set' on the host's own sockets.
   */
  setUnlinkOnClose(on: boolean): void
  /**
   * Gives access to the descriptor and the socket's options. Exists on posix; targets without descriptors
   * throw an {@link OpError} of op 'raw-control'.
   */
  syscallConn(): RawConn
}

/** Unix sockets of a target. */
export interface UnixSockGroup {
  /**
   * Connects to `raddr`; null is "missing address", but for a 'unixgram' socket, which then has no peer and
   * sends to any. `laddr` null leaves this end without a name, so that nobody can answer a datagram of it; an
   * empty name lets the kernel choose one (linux). Rejects with an {@link OpError} of op 'dial'
   * (ENOENT, ECONNREFUSED, EACCES), or with the signal's reason.
   */
  dialUnix(
    network: UnixNetwork,
    laddr: UnixAddr | null,
    raddr: UnixAddr | null,
    options?: DialOptions,
  ): Promise<UnixConn>
  /**
   * Listens on `laddr` for streams ('unix') or sequenced packets ('unixpacket'); null is "missing address".
   * Rejects with an {@link OpError} of op 'listen': EADDRINUSE where the file is there, ENOENT, EACCES.
   */
  listenUnix(network: UnixNetwork, laddr: UnixAddr | null, options?: ListenOptions): Promise<UnixListener>
  /**
   * Makes a datagram socket bound to `laddr`; null is "missing address", an empty name lets the kernel choose
   * one (linux). The network must be 'unixgram'. Rejects with an {@link OpError} of op 'listen', as
   * {@link listenUnix}.
   */
  listenUnixgram(network: 'unixgram', laddr: UnixAddr | null, options?: ListenOptions): Promise<UnixConn>
}
