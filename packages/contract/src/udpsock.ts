import type { UDPAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { Conn, PacketConn, RawConn } from './conn.ts'
import type { DatagramOptions, ReceivedMessage, SentMessage } from './datagram.ts'
import type { Filer } from './file.ts'
import type { Interface } from './interface.ts'
import type { DialOptions, ListenOptions } from './options.ts'

/** The UDP networks: both families, IPv4 only, IPv6 only. */
export type UDPNetwork = 'udp' | 'udp4' | 'udp6'

/** One packet, or a run of packets of one size, of a batch. Reading fills all but `buffer` and `oob`. */
export interface Message {
  /** The bytes to send, or the room for those received. While the batch is pending it belongs to the library. */
  buffer: Uint8Array
  /** The bytes received, or sent. */
  n: number
  /** The sender; or the receiver, null on connected sockets. */
  addr: UDPAddr | null
  /** Control messages to send, or room for those received. */
  oob?: Uint8Array
  /** The bytes of control messages received. */
  oobn?: number
  /** The MSG_ flags of what was received. */
  flags?: number
  /**
   * Sending: `buffer` goes out as packets of so many bytes, the last perhaps shorter; absent and 0 mean one packet.
   * Received: the same, of a run of packets that the kernel put together (see {@link UDPConn.setGRO}); 0 for one packet.
   */
  segmentSize?: number
}

/**
 * A UDP socket. Dialled, it has one peer and the methods of Conn; listening, it has many and `remoteAddr` is null in
 * effect: read gives packets of any sender and write rejects with "destination address required".
 *
 * @example
 * ```ts
 * import { dial, listenPacket } from '@net/core'
 *
 * const server = await listenPacket('udp', '127.0.0.1:0')
 * const client = await dial('udp', server.localAddr.toString())
 * await client.write(new TextEncoder().encode('ping'))
 * const p = new Uint8Array(1500)
 * const [n, addr] = await server.readFromUDP(p)
 * await server.writeToUDP(p.subarray(0, n), addr)
 * console.log(await client.read(p)) // 4
 * await Promise.all([client.close(), server.close()])
 * ```
 */
export interface UDPConn extends Conn<UDPAddr>, PacketConn<UDPAddr>, DatagramOptions, Filer {
  /**
   * Reads one packet into `p` (cut to its length) and gives its length; never `null`. Rejects as
   * {@link Conn.read}; ECONNREFUSED where the peer told that nobody is there.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /** The same as readFrom, under Go's name. Rejects as that does. */
  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]>
  /** The same as writeTo, under Go's name. Rejects as that does. */
  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number>
  /**
   * Reads one packet into `p` and its control messages into `oob`; what does not fit is cut, which `flags`
   * tells. Both belong to the socket until the promise settles. Rejects as {@link PacketConn.readFrom}; with
   * EWINDOWS on the host's own sockets.
   */
  readMsgUDP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<UDPAddr>>
  /**
   * Sends `p` with the control messages in `oob` to `addr`, which is null exactly on connected sockets.
   * Rejects as {@link PacketConn.writeTo}, with {@link ErrWriteToConnected} for an address on a connected
   * socket; with EWINDOWS on the host's own sockets.
   */
  writeMsgUDP(p: Uint8Array, oob: Uint8Array, addr: UDPAddr | null, options?: IOOptions): Promise<SentMessage>
  /**
   * Waits for a packet and reads as many as are there, up to one for each message. Gives how many, in order
   * from the first. Rejects as {@link PacketConn.readFrom}. The host's own sockets give no control messages.
   */
  readBatch(messages: Message[], options?: IOOptions): Promise<number>
  /**
   * Sends all messages in order and gives how many; an error's `n` says how many went before it. Rejects as
   * {@link PacketConn.writeTo}; with EWINDOWS where a message has control messages on the host's own sockets.
   *
   * @example
   * ```ts
   * import { listenPacket } from '@net/core'
   *
   * const a = await listenPacket('udp', '127.0.0.1:0')
   * const b = await listenPacket('udp', '127.0.0.1:0')
   * const message = { buffer: new Uint8Array(100), n: 0, addr: b.localAddr }
   * console.log(await a.writeBatch([message, message])) // 2
   * await Promise.all([a.close(), b.close()])
   * ```
   */
  writeBatch(messages: Message[], options?: IOOptions): Promise<number>
  /**
   * Whether the kernel may put packets of one sender and size together, which readBatch then gives as one
   * message with a `segmentSize` (UDP_GRO, linux); the other reads must then expect several packets at once.
   * Gives whether it is on: false on kernels that do not have it. After close it throws an {@link OpError} of
   * op 'set', but on plan9, where it is always false.
   */
  setGRO(on: boolean): boolean
  /**
   * Sets the size of the kernel's receive buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close, and on plan9, which has no such
   * size.
   */
  setReadBuffer(bytes: number): void
  /**
   * Sets the size of the kernel's send buffer, in bytes. Linux sets twice as much, within its limits, and
   * refuses no number. Throws an {@link OpError} of op 'set' after close, and on plan9, which has no such
   * size.
   */
  setWriteBuffer(bytes: number): void
  /**
   * Gives access to the descriptor and the socket's options. Exists on posix; targets without descriptors
   * throw an {@link OpError} of op 'raw-control'.
   */
  syscallConn(): RawConn
}

/** UDP of a target. */
export interface UDPSockGroup {
  /**
   * Makes a socket whose peer is `raddr`; null is "missing address". `laddr` null means any address and port.
   * Rejects with an {@link OpError} of op 'dial', or with the signal's reason; that nobody is there only the
   * first read or write tells.
   */
  dialUDP(
    network: UDPNetwork,
    laddr: UDPAddr | null,
    raddr: UDPAddr | null,
    options?: DialOptions,
  ): Promise<UDPConn>
  /**
   * Makes a socket bound to `laddr`; null means every address and a free port. A multicast address binds its
   * port on every address, shared with other such sockets; the group is to be joined. Rejects with an
   * {@link OpError} of op 'listen': EADDRINUSE, EADDRNOTAVAIL, "unknown network".
   */
  listenUDP(network: UDPNetwork, laddr: UDPAddr | null, options?: ListenOptions): Promise<UDPConn>
  /**
   * Makes a socket that has joined the group `gaddr`, on its port, shared with other such sockets; packets to
   * other addresses of the port arrive as well. `iface` null means the system's choice. Its own packets to
   * the group are not looped back unless setMulticastLoopback says so. `gaddr` null is "missing address".
   * Rejects with an {@link OpError} of op 'listen'; with EPLAN9 on plan9, which has no multicast.
   */
  listenMulticastUDP(
    network: UDPNetwork,
    iface: Interface | null,
    gaddr: UDPAddr | null,
    options?: ListenOptions,
  ): Promise<UDPConn>
}
