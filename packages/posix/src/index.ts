export {
  filesFromEnvironment,
  handOver,
  listenersFromEnvironment,
  socketsFromEnvironment,
  type HandOver,
  type Inherited,
} from './sock/activation.ts'
export { parseUnixRights, unixRights } from './wire/cmsg.ts'
export { newFile } from './fd/fd_file.ts'
export { FDStream } from './sock/fd_stream.ts'
export * from './hosted/index.ts'
export * from './kernel.ts'
export type {
  AddressEvent,
  InterfaceEvent,
  InterfaceWatch,
  LinkEvent,
  OverflowEvent,
  RouteEvent,
} from './interface/interface_event.ts'
export { watchInterfaces } from './interface/interface_watch.ts'
export { dialPing, listenPing } from './sock/iprawsock.ts'
export type { NextHop, Route, RouteType } from './wire/netlink_route.ts'
export {
  marshalPacketControl,
  parsePacketInfo,
  type PacketControl,
  type PacketInfo,
} from './wire/packet_info.ts'
export { peerCred, type PeerCred } from './sock/peer_cred.ts'
export {
  getOption,
  optionNumber,
  setOption,
  socketOptionTable,
  type OptionName,
  type OptionSocket,
  type OptionValue,
  type SettableOptionName,
} from './option/option.ts'
export * from './winsock/index.ts'
export type { Kernel } from './abi/abi.ts'
export type { OptionLevel, OptionNumbers, OptionRow, SettableRow, StateRow } from './option/option_row.ts'
export type { Linger, OptionType, OptionValues } from './option/option_value.ts'
export { posix, type PosixOptions } from './sock/posix.ts'
export type { Spin } from './poll/spin_policy.ts'
export type { Engine } from './poll/turn_calls.ts'
export { posixRefusal } from './sys/ffi.ts'
export { socketPair } from './sock/socket_pair.ts'
export {
  tcpInfo,
  type CongestionState,
  type TCPInfo,
  type TCPInfoNewerNumber,
  type TCPInfoNumber,
  type TCPState,
} from './sock/tcp_info.ts'
export { listenTCPSync } from './sock/tcpsock.ts'
export { listenMulticastUDPSync, listenUDPSync } from './sock/udpsock.ts'
export { atUrgentMark, readUrgent, writeUrgent } from './sock/urgent.ts'
export { listenUnixgramSync, listenUnixSync } from './sock/unixsock.ts'
