import type { Addr, UnixAddr } from '@net/addr'
import type {
  ByteStreams,
  Conn,
  IPConn,
  Listener,
  PacketConn,
  TCPConn,
  TCPListener,
  TCPNetwork,
  UDPConn,
  UDPNetwork,
  UnixConn,
  UnixListener,
} from '@net/contract'

/** The raw IP networks: a family, a colon, and a protocol's number or name, such as 'ip4:icmp' and 'ip:89'. */
export type IPNetwork = `${'ip' | 'ip4' | 'ip6'}:${string}`

/** A Unix socket that is no stream of bytes and so has no web streams: datagrams and sequenced packets. */
export type UnixPacketConn = Omit<UnixConn, keyof ByteStreams>

/** What dialling a network gives: 'tcp' a TCPConn, a network known only when the program runs a Conn. */
export type ConnOf<N extends string> = N extends TCPNetwork
  ? TCPConn
  : N extends UDPNetwork
    ? UDPConn
    : N extends 'unix'
      ? UnixConn
      : N extends 'unixgram' | 'unixpacket'
        ? UnixPacketConn
        : N extends IPNetwork
          ? IPConn
          : Conn

/** What listening on a network gives: 'tcp' a TCPListener, a network known only when the program runs a Listener. */
export type ListenerOf<N extends string> = N extends TCPNetwork
  ? TCPListener
  : N extends 'unix'
    ? UnixListener
    : N extends 'unixpacket'
      ? Listener<UnixPacketConn, UnixAddr>
      : Listener

/** What listening for packets gives: 'udp' a UDPConn, a network known only when the program runs a PacketConn. */
export type PacketConnOf<N extends string> = N extends UDPNetwork
  ? UDPConn
  : N extends IPNetwork
    ? IPConn
    : N extends 'unixgram'
      ? UnixPacketConn
      : PacketConn

/** Networks as editors offer them: the known ones, and any other text. */
export type Network = TCPNetwork | UDPNetwork | 'unix' | 'unixgram' | 'unixpacket' | IPNetwork

/** Checks the kinds of a network's name and an address; their values are checked when they are used. */
export function checkText(network: unknown, address: unknown): void {
  if (typeof network !== 'string') throw new TypeError('the network is not a string')
  if (typeof address !== 'string') throw new TypeError('the address is not a string')
}

/** Checks the kind of a local address. */
export function checkAddr(addr: unknown): void {
  if (addr === null || (typeof addr === 'object' && 'network' in addr)) return
  throw new TypeError('the local address is not an address')
}

/** Whether an address of the internet has no IP, or the unspecified one. */
export function isWildcard(
  addr: Addr & { readonly ip: { readonly isUnspecified: boolean } | null },
): boolean {
  return addr.ip === null || addr.ip.isUnspecified
}
