/**
 * The plan9 target: dial, listen, exchange datagrams and look up names through a Plan 9 network tree, /net,
 * whether it is mounted, in this process, or on another machine and imported over 9P2000.
 */
export type { NetFile, NetFileMode, NetFS, NetOpenOptions } from '@net/contract'
export type { Authenticate, AuthFile, AuthUser } from './attach.ts'
export { parsePlan9DialString, type Plan9DialString } from './dial_string.ts'
export type { DialConn } from './dialled_net.ts'
export { importNet, type ImportedNet, type ImportOptions } from './import_net.ts'
export { plan9InterfaceGroup } from './interface.ts'
export { plan9IPSockGroup } from './ipsock.ts'
export { plan9LookupGroup } from './lookup.ts'
export { osNet } from './os_net.ts'
export { parsePlan9Addr, plan9AddrOf, plan9LocalAddr } from './plan9_addr.ts'
export { netTree, plan9, type Plan9Options, type Plan9Target } from './plan9.ts'
export { CS_ANSWER, DNS_ANSWER, query } from './query.ts'
export { plan9TCPSockGroup } from './tcpsock.ts'
export { plan9UDPSockGroup } from './udpsock.ts'
