import type { UDPAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { Conn, PacketConn, RawConn } from './conn.ts'
import type { Filer } from './file.ts'
import type { DialOptions, ListenOptions } from './options.ts'

/** The UDP networks: both families, IPv4 only, IPv6 only. */
export type UDPNetwork = 'udp' | 'udp4' | 'udp6'

/**
 * A UDP socket. Dialled, it has one peer and the methods of Conn; listening, it has many and `remoteAddr` is null in
 * effect: read gives packets of any sender and write rejects with "destination address required".
 */
export interface UDPConn extends Conn<UDPAddr>, PacketConn<UDPAddr>, Filer {
  /** Reads one packet into `p` (cut to its length) and gives its length; never `null`. */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /** The same as readFrom, under Go's name. */
  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]>
  /** The same as writeTo, under Go's name. */
  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number>
  /** Sets the size of the kernel's receive buffer, in bytes. */
  setReadBuffer(bytes: number): void
  /** Sets the size of the kernel's send buffer, in bytes. */
  setWriteBuffer(bytes: number): void
  /** Sends and receives through the named interface only (SO_BINDTODEVICE, linux). Needs CAP_NET_RAW before 5.7. */
  bindToDevice(name: string): void
  /** Gives access to the descriptor and the socket's options. Targets without descriptors throw. */
  syscallConn(): RawConn
}

/** UDP of a target. */
export interface UDPSockGroup {
  /** Makes a socket whose peer is `raddr`; null is "missing address". `laddr` null means any address and port. */
  dialUDP(
    network: UDPNetwork,
    laddr: UDPAddr | null,
    raddr: UDPAddr | null,
    options?: DialOptions,
  ): Promise<UDPConn>
  /** Makes a socket bound to `laddr`; null means every address and a free port. */
  listenUDP(network: UDPNetwork, laddr: UDPAddr | null, options?: ListenOptions): Promise<UDPConn>
}
