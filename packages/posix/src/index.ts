export {
  filesFromEnvironment,
  handOver,
  listenersFromEnvironment,
  socketsFromEnvironment,
  type HandOver,
  type Inherited,
} from './activation.ts'
export { allocBuffer } from './buffer.ts'
export { parseUnixRights, unixRights } from './cmsg.ts'
export { newFile } from './fd_file.ts'
export { FDStream } from './fd_stream.ts'
export { foreignHost } from './ffi/host.ts'
export { fileGroup } from './file.ts'
export { hosted } from './hosted/hosted.ts'
export { ipsock as hostedIPSock } from './hosted/ipsock.ts'
export { lookup as hostedLookup } from './hosted/lookup.ts'
export { tcpsock as hostedTCPSock } from './hosted/tcpsock.ts'
export { udpsock as hostedUDPSock } from './hosted/udpsock.ts'
export { unixsock as hostedUnixSock } from './hosted/unixsock.ts'
export { interfaceGroup } from './interface.ts'
export type {
  AddressEvent,
  InterfaceEvent,
  InterfaceWatch,
  LinkEvent,
  OverflowEvent,
  RouteEvent,
} from './interface_event.ts'
export { watchInterfaces } from './interface_watch.ts'
export { dialPing, iprawsock, listenPing } from './iprawsock.ts'
export { ipsock } from './ipsock.ts'
export { lookup } from './lookup.ts'
export type { NextHop, Route, RouteType } from './netlink_route.ts'
export { marshalPacketControl, parsePacketInfo, type PacketControl, type PacketInfo } from './packet_info.ts'
export { peerCred, type PeerCred } from './peer_cred.ts'
export {
  getOption,
  optionNumber,
  setOption,
  socketOptionTable,
  type OptionName,
  type OptionSocket,
  type OptionValue,
  type SettableOptionName,
} from './option.ts'
export type { Kernel, OptionLevel, OptionNumbers, OptionRow, SettableRow, StateRow } from './option_row.ts'
export type { Linger, OptionType, OptionValues } from './option_value.ts'
export { posix, type PosixOptions } from './posix.ts'
export type { Spin } from './poll/poller.ts'
export { sendfile } from './sendfile.ts'
export { socketPair } from './socket_pair.ts'
export {
  tcpInfo,
  type CongestionState,
  type TCPInfo,
  type TCPInfoNewerNumber,
  type TCPInfoNumber,
  type TCPState,
} from './tcp_info.ts'
export { listenTCPSync, tcpsock } from './tcpsock.ts'
export { listenMulticastUDPSync, listenUDPSync, udpsock } from './udpsock.ts'
export { atUrgentMark, readUrgent, writeUrgent } from './urgent.ts'
export { listenUnixgramSync, listenUnixSync, unixsock } from './unixsock.ts'
