// Compiled, never run: the network's literal says what dialling and listening give.
import {
  dial,
  listen,
  listenPacket,
  type Conn,
  type IPConn,
  type Listener,
  type Net,
  type PacketConn,
  type TCPConn,
  type TCPListener,
  type UDPConn,
  type UnixConn,
  type UnixListener,
  type UnixPacketConn,
} from '@net/core'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Takes a value of exactly the type T. */
type Exactly<T> = <U>(value: U, ...wrong: Same<T, U> extends true ? [] : [never]) => void

declare function exactly<T>(): Exactly<T>
declare const net: Net
declare const network: string

export async function dialled(): Promise<void> {
  exactly<TCPConn>()(await dial('tcp', ':1'))
  exactly<TCPConn>()(await net.dial('tcp6', ':1'))
  exactly<UDPConn>()(await dial('udp4', ':1'))
  exactly<UnixConn>()(await dial('unix', '/s'))
  exactly<IPConn>()(await dial('ip4:icmp', '::1'))
  exactly<Conn>()(await dial(network, ':1'))
  exactly<TCPConn | UnixConn>()(await dial('tcp' as 'tcp' | 'unix', ':1'))
  exactly<UnixPacketConn>()(await dial('unixgram', '/s'))
  // @ts-expect-error -- not every connection is a TCP connection
  exactly<TCPConn>()(await dial(network, ':1'))
}

export async function listened(): Promise<void> {
  exactly<TCPListener>()(await listen('tcp4', ':0'))
  exactly<UnixListener>()(await net.listen('unix', '/s'))
  exactly<Listener>()(await listen(network, ':0'))
  exactly<UDPConn>()(await listenPacket('udp', ':0'))
  exactly<IPConn>()(await listenPacket('ip:89', ''))
  exactly<UnixPacketConn>()(await listenPacket('unixgram', '/s'))
  exactly<PacketConn>()(await net.listenPacket(network, ':0'))
}
