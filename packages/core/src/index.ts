/**
 * dial, listen and listenPacket over any network stack, as Go's package net has them. The free functions use the target
 * of the build or of the running system; `new Net(target)` uses any other. Importing this opens and loads nothing of
 * the system.
 */
export {
  AddrError,
  HardwareAddr,
  InvalidAddrError,
  IP,
  IPAddr,
  IPMask,
  IPNet,
  joinHostPort,
  parseCIDR,
  parseIP,
  parseMAC,
  ParseError,
  splitHostPort,
  TCPAddr,
  UDPAddr,
  UnixAddr,
  UnknownNetworkError,
  type Addr,
} from '@net/addr'
export {
  DNSError,
  ErrClosed,
  ErrDeadlineExceeded,
  Errno,
  ErrTooLong,
  ErrUnexpectedEOF,
  ErrWriteToConnected,
  Flags,
  isErr,
  OpError,
  SyscallError,
} from '@net/contract'
export type {
  ByteStreams,
  Closer,
  Conn,
  Control,
  Deadline,
  Deadlines,
  DialOptions,
  File,
  FileLike,
  Interface,
  IOOptions,
  IPConn,
  KeepAliveConfig,
  Listener,
  ListenOptions,
  LookupGroup,
  LookupOptions,
  MX,
  NetError,
  NS,
  PacketConn,
  RawConn,
  SRV,
  Target,
  TCPConn,
  TCPListener,
  TCPNetwork,
  UDPConn,
  UDPNetwork,
  UnixConn,
  UnixListener,
  UnixNetwork,
} from '@net/contract'
export { keepLeaks, leaks, type Leak, type TraceMessage } from '@net/io'
export { DNSCache, Resolver, resolverOver, type ResolverOptions, RRType } from '@net/resolve'
export { allocBuffer } from '#target'
export { ErrPlan9, ErrUnsupported, ErrWindows, isRefusal } from '@net/stubs'
export * from './default_net.ts'
export { DialError } from './dial_error.ts'
export type { DialString, NetworkOf } from './dial_string.ts'
export { Net, type NetOptions } from './net.ts'
export type { ConnOf, IPNetwork, ListenerOf, Network, PacketConnOf, UnixPacketConn } from './network.ts'
export type { DialerOptions, ListenerOptions } from './options.ts'
export { ErrClosedPipe, pipe, type PipeAddr, type PipeConn } from './pipe.ts'
export { targetOf, type Row } from './targets/row.ts'
export { targets, type Supply, type TargetName, type TargetTable } from './targets/table.ts'
