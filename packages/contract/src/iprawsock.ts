import type { IPAddr } from '@net/addr'
import type { IOOptions } from './closer.ts'
import type { Conn, PacketConn, RawConn } from './conn.ts'
import type { Filer } from './file.ts'
import type { DialOptions, ListenOptions } from './options.ts'

/** A raw IP socket. */
export interface IPConn extends Conn<IPAddr>, PacketConn<IPAddr>, Filer {
  /** Reads one packet into `p`; never `null`. */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /** The same as readFrom, under Go's name. */
  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]>
  /** The same as writeTo, under Go's name. */
  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number>
  /** Sets the size of the kernel's receive buffer, in bytes. */
  setReadBuffer(bytes: number): void
  /** Sets the size of the kernel's send buffer, in bytes. */
  setWriteBuffer(bytes: number): void
  /** Gives access to the descriptor and the socket's options. */
  syscallConn(): RawConn
}

/** Raw IP of a target. The network is 'ip', 'ip4' or 'ip6', a colon, and a protocol's number or name. */
export interface IPRawSockGroup {
  /** Makes a raw socket whose peer is `raddr`; null is "missing address". */
  dialIP(network: string, laddr: IPAddr | null, raddr: IPAddr | null, options?: DialOptions): Promise<IPConn>
  /** Makes a raw socket bound to `laddr`; null means every address. */
  listenIP(network: string, laddr: IPAddr | null, options?: ListenOptions): Promise<IPConn>
}
