import type { IPAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { Conn, PacketConn, RawConn } from './conn.ts'
import type { DatagramOptions, ReceivedMessage, SentMessage } from './datagram.ts'
import type { Filer } from './file.ts'
import type { DialOptions, ListenOptions } from './options.ts'

/**
 * A raw IP socket: packets without their header. The system takes the IPv4 header off what is read, except by
 * {@link readMsgIP}, and puts it before what is written; checksums of the protocol are the caller's, except
 * ICMPv6's. Exists on posix and on windows.
 */
export interface IPConn extends Conn<IPAddr>, PacketConn<IPAddr>, DatagramOptions, Filer {
  /** Reads one packet into `p`; never `null`. Rejects as {@link Conn.read}. */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /** The same as readFrom, under Go's name. Rejects as that does. */
  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]>
  /** The same as writeTo, under Go's name. Rejects as that does. */
  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number>
  /**
   * Reads one packet, with its IPv4 header where there is one, into `p` and its control messages into `oob`.
   * Both belong to the socket until the promise settles. Rejects as {@link PacketConn.readFrom}.
   */
  readMsgIP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<IPAddr>>
  /**
   * Sends `p` with the control messages in `oob` to `addr`, which is null exactly on connected sockets.
   * Rejects as {@link PacketConn.writeTo}.
   */
  writeMsgIP(p: Uint8Array, oob: Uint8Array, addr: IPAddr | null, options?: IOOptions): Promise<SentMessage>
  /**
   * Sets the size of the kernel's receive buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close.
   */
  setReadBuffer(bytes: number): void
  /**
   * Sets the size of the kernel's send buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close.
   */
  setWriteBuffer(bytes: number): void
  /**
   * Gives access to the descriptor and the socket's options. After close it still gives one, whose methods
   * fail.
   */
  syscallConn(): RawConn
}

/**
 * Raw IP of a target. The network is 'ip', 'ip4' or 'ip6', a colon, and a protocol's number or name. Without the privilege
 * (CAP_NET_RAW, or root) it is EPERM.
 */
export interface IPRawSockGroup {
  /**
   * Makes a raw socket whose peer is `raddr`; null is "missing address". Rejects with an {@link OpError} of op
   * 'dial', or with the signal's reason; targets without raw sockets always do: EPLAN9, EWINDOWS.
   */
  dialIP(network: string, laddr: IPAddr | null, raddr: IPAddr | null, options?: DialOptions): Promise<IPConn>
  /**
   * Makes a raw socket bound to `laddr`; null means every address. Rejects with an {@link OpError} of op
   * 'listen'; targets without raw sockets always do: EPLAN9, EWINDOWS.
   */
  listenIP(network: string, laddr: IPAddr | null, options?: ListenOptions): Promise<IPConn>
}
