import type { TCPAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { ByteStreams, Conn, Listener, RawConn } from './conn.ts'
import type { Filer } from './file.ts'
import type { KeepAliveConfig } from './keep_alive.ts'
import type { DialOptions, ListenOptions } from './options.ts'
import type { FileSource, SendFileOptions } from './sendfile.ts'

/** The TCP networks: both families, IPv4 only, IPv6 only. */
export type TCPNetwork = 'tcp' | 'tcp4' | 'tcp6'

/** A TCP connection. */
export interface TCPConn extends Conn<TCPAddr>, ByteStreams, Filer {
  /**
   * Writes all of several buffers, in order, as one write: with as few system calls as the target can do.
   * Gives their length together; an error's `n` is the number of bytes that went. Until the promise settles
   * the buffers belong to the connection. Rejects as {@link Conn.write}; with a TypeError for what is no array
   * of Uint8Arrays.
   *
   * @example
   * ```ts
   * import { dial, listen } from '@net/core'
   *
   * const listener = await listen('tcp', '127.0.0.1:0')
   * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
   * const encoder = new TextEncoder()
   * console.log(await client.writev([encoder.encode('head'), encoder.encode('body')])) // 8
   * await Promise.all([client.close(), server.close(), listener.close()])
   * ```
   */
  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number>
  /**
   * Sends a file, a stream or what comes in on another connection, without copying where the target can, and
   * gives the number of bytes sent: {@link SendfileGroup.sendFile}. Other writes wait until it is done. It
   * rejects as that does.
   *
   * @example
   * ```ts
   * import { open } from 'node:fs/promises'
   * import { fileURLToPath } from 'node:url'
   * import { dial, listen } from '@net/core'
   *
   * const listener = await listen('tcp', '127.0.0.1:0')
   * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
   * const file = await open(fileURLToPath(import.meta.url))
   * console.log(await client.sendFile(file, { length: 10 })) // 10
   * await file.close()
   * await Promise.all([client.close(), server.close(), listener.close()])
   * ```
   */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number>
  /**
   * Whether the connection is one of multipath TCP (RFC 8684) and has not fallen back to TCP. False on
   * targets without it: plan9, and the host's own sockets. After close it throws an {@link OpError} of op
   * 'get' on posix, and is false elsewhere.
   */
  multipathTCP(): boolean
  /**
   * Shuts down the read side: pending and later reads end. Rejects with an {@link OpError} of op 'close' after
   * close, and on posix with ENOTCONN once the peer has reset.
   */
  closeRead(): Promise<void>
  /**
   * Shuts down the write side: the peer reads to the end of the stream, this end can still read. Pending and
   * later writes reject with EPIPE. Rejects with an {@link OpError} of op 'close' after close, ENOTCONN once
   * the peer has reset, and with EPLAN9 on plan9, whose streams have no half-close.
   *
   * @example
   * ```ts
   * import { dial, listen } from '@net/core'
   *
   * const listener = await listen('tcp', '127.0.0.1:0')
   * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
   * await client.closeWrite()
   * console.log(await server.read(new Uint8Array(1))) // null
   * await server.write(new TextEncoder().encode('bye'))
   * console.log(await client.read(new Uint8Array(16))) // 3
   * await Promise.all([client.close(), server.close(), listener.close()])
   * ```
   */
  closeWrite(): Promise<void>
  /**
   * What close does with unsent data: `seconds` < 0 sends it in the background (the default), 0 drops it and
   * resets the connection, > 0 tries to send it for that many seconds. Throws an {@link OpError} of op 'set'
   * after close; the host's own sockets throw EWINDOWS for a number above 0.
   *
   * @example
   * ```ts
   * import { dial, listen, OpError } from '@net/core'
   *
   * const listener = await listen('tcp', '127.0.0.1:0')
   * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
   * client.setLinger(0)
   * await client.close() // resets the connection
   * const error = await server.read(new Uint8Array(1)).catch((e) => e)
   * console.log(error instanceof OpError && error.code) // ECONNRESET
   * await Promise.all([client.close(), server.close(), listener.close()])
   * ```
   */
  setLinger(seconds: number): void
  /**
   * Turns Nagle's algorithm off (`true`, the state of a new connection) or on. Throws an {@link OpError} of op
   * 'set' after close. On plan9 nothing is to be set, and it does nothing else.
   */
  setNoDelay(on?: boolean): void
  /**
   * Turns keep-alive probes on or off, with the values they have. Throws an {@link OpError} of op 'set' after
   * close.
   */
  setKeepAlive(on?: boolean): void
  /**
   * Sets all of the keep-alive probes' values. Throws an {@link OpError} of op 'set' after close and for a
   * value that the kernel refuses.
   *
   * @example
   * ```ts
   * import { dial, listen } from '@net/core'
   *
   * const listener = await listen('tcp', '127.0.0.1:0')
   * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
   * client.setKeepAliveConfig({ enable: true, idle: 60_000 })
   * await Promise.all([client.close(), server.close(), listener.close()])
   * ```
   */
  setKeepAliveConfig(config: KeepAliveConfig): void
  /**
   * Sets the size of the kernel's receive buffer, in bytes. Linux sets twice as much, for its own use, within
   * its limits (net.core.rmem_max), and refuses no number. Throws an {@link OpError} of op 'set' after close,
   * and on plan9 and the host's own streams, which have no such size.
   */
  setReadBuffer(bytes: number): void
  /**
   * Sets the size of the kernel's send buffer, in bytes. Linux sets twice as much, for its own use, within
   * its limits (net.core.wmem_max), and refuses no number. Throws an {@link OpError} of op 'set' after close,
   * and on plan9 and the host's own streams, which have no such size.
   */
  setWriteBuffer(bytes: number): void
  /**
   * Gives access to the descriptor and the socket's options. Exists on posix; targets without descriptors
   * throw an {@link OpError} of op 'raw-control'. After close it still gives one, whose methods fail.
   */
  syscallConn(): RawConn
}

/** Accepts TCP connections. */
export interface TCPListener extends Listener<TCPConn, TCPAddr>, Filer {
  /** The same as accept, under Go's name. Rejects as that does. */
  acceptTCP(options?: IOOptions): Promise<TCPConn>
  /**
   * Gives access to the descriptor and the socket's options. Exists on posix; targets without descriptors
   * throw an {@link OpError} of op 'raw-control'. After close it still gives one, whose methods fail.
   */
  syscallConn(): RawConn
}

/** TCP of a target. */
export interface TCPSockGroup {
  /**
   * Connects to `raddr` from `laddr`. `laddr` null means any address and port; `raddr` null is "missing
   * address"; an unspecified `raddr` means this machine. Rejects with an {@link OpError} of op 'dial'
   * (ECONNREFUSED, ENETUNREACH, "unknown network", past the deadline), or with the signal's reason.
   */
  dialTCP(
    network: TCPNetwork,
    laddr: TCPAddr | null,
    raddr: TCPAddr | null,
    options?: DialOptions,
  ): Promise<TCPConn>
  /**
   * Listens on `laddr`; null means every address and a free port. Rejects with an {@link OpError} of op
   * 'listen': EADDRINUSE, EADDRNOTAVAIL, EACCES, "unknown network".
   */
  listenTCP(network: TCPNetwork, laddr: TCPAddr | null, options?: ListenOptions): Promise<TCPListener>
}
