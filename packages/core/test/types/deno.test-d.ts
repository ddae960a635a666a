/// <reference types="deno" />
// Compiled, never run: connections, listeners and addresses can be used where Deno's are expected.
import type {
  Conn,
  IPConn,
  PipeConn,
  TCPAddr,
  TCPConn,
  TCPListener,
  UDPAddr,
  UDPConn,
  UnixAddr,
  UnixConn,
  UnixListener,
  UnixPacketConn,
} from '@net/core'

declare const tcpConn: TCPConn
declare const unixConn: UnixConn
declare const pipeConn: PipeConn
declare const tcpListener: TCPListener
declare const unixListener: UnixListener
declare const tcpAddr: TCPAddr
declare const udpAddr: UDPAddr
declare const unixAddr: UnixAddr
declare const unixPacketConn: UnixPacketConn
declare const udpConn: UDPConn
declare const ipConn: IPConn
declare const anyConn: Conn

export const conns: Deno.Conn<Deno.NetAddr>[] = [tcpConn]
export const unixConns: Deno.Conn<Deno.UnixAddr>[] = [unixConn]
export const denoTCP: Deno.TcpConn = tcpConn
export const denoUnix: Deno.UnixConn = unixConn
export const listeners: Deno.Listener<Deno.TcpConn, Deno.NetAddr>[] = [tcpListener]
export const unixListeners: Deno.Listener<Deno.UnixConn, Deno.UnixAddr>[] = [unixListener]
export const denoTCPListener: Deno.TcpListener = tcpListener
export const denoUnixListener: Deno.UnixListener = unixListener
export const datagramConns: Deno.DatagramConn[] = [udpConn]
export const addrs: Deno.NetAddr[] = [tcpAddr, udpAddr]
export const unixAddrs: Deno.UnixAddr[] = [unixAddr]
export const anyAddrs: Deno.Addr[] = [tcpAddr, udpAddr, unixAddr]

// @ts-expect-error -- a datagram socket is no stream
export const udpAsConn: Deno.Conn = udpConn
// @ts-expect-error -- a raw socket is no stream
export const ipAsConn: Deno.Conn = ipConn
// @ts-expect-error -- packets of a Unix socket are no stream
export const unixgramAsConn: Deno.Conn = unixPacketConn
// @ts-expect-error -- what may be a datagram socket is no stream
export const anyAsConn: Deno.Conn = anyConn
// @ts-expect-error -- a pipe's address is none of Deno's
export const pipeAsConn: Deno.Conn = pipeConn
