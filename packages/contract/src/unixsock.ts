import type { UnixAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { ByteStreams, Conn, Listener, RawConn } from './conn.ts'
import type { DialOptions, ListenOptions } from './options.ts'

/** The Unix networks: stream, datagram, sequenced packets. */
export type UnixNetwork = 'unix' | 'unixgram' | 'unixpacket'

/** A Unix socket connection. */
export interface UnixConn extends Conn<UnixAddr>, ByteStreams {
  /** Shuts down the read side: pending and later reads end. */
  closeRead(): Promise<void>
  /** Shuts down the write side: the peer reads to the end, this end can still read. */
  closeWrite(): Promise<void>
  /** Sets the size of the kernel's receive buffer, in bytes. */
  setReadBuffer(bytes: number): void
  /** Sets the size of the kernel's send buffer, in bytes. */
  setWriteBuffer(bytes: number): void
  /** Gives access to the descriptor and the socket's options. Targets without descriptors throw. */
  syscallConn(): RawConn
}

/** Accepts Unix socket connections. Closing it removes the socket's file. */
export interface UnixListener extends Listener<UnixConn, UnixAddr> {
  /** The same as accept, under Go's name. */
  acceptUnix(options?: IOOptions): Promise<UnixConn>
  /** Whether close removes the socket's file; on for listeners that made it. Abstract names have none. */
  setUnlinkOnClose(on: boolean): void
  /** Gives access to the descriptor and the socket's options. Targets without descriptors throw. */
  syscallConn(): RawConn
}

/** Unix sockets of a target. */
export interface UnixSockGroup {
  /** Connects to `raddr`; null is "missing address". `laddr` null leaves this end without a name. */
  dialUnix(
    network: UnixNetwork,
    laddr: UnixAddr | null,
    raddr: UnixAddr | null,
    options?: DialOptions,
  ): Promise<UnixConn>
  /** Listens on `laddr`; null is "missing address". */
  listenUnix(network: UnixNetwork, laddr: UnixAddr | null, options?: ListenOptions): Promise<UnixListener>
}
