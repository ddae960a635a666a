/**
 * The plan9 target: dial, listen, exchange datagrams and look up names through a Plan 9 network tree, /net,
 * whether it is mounted, in this process, or on another machine and imported over 9P2000.
 */
export type { NetFile, NetFileMode, NetFS, NetOpenOptions } from '@net/contract'
export type { Authenticate, AuthFile, AuthUser } from './tree/attach.ts'
export { parsePlan9DialString, type Plan9DialString } from './tree/dial_string.ts'
export type { DialConn } from './tree/dialled_net.ts'
export { importNet, type ImportedNet, type ImportOptions } from './tree/import_net.ts'
export { plan9InterfaceGroup } from './interface.ts'
export { plan9IPSockGroup } from './sock/ipsock.ts'
export { plan9LookupGroup } from './lookup.ts'
export { osNet } from './tree/os_net.ts'
export { parsePlan9Addr, plan9AddrOf, plan9LocalAddr } from './file/plan9_addr.ts'
export { netTree, plan9, type Plan9Options, type Plan9Target } from './plan9.ts'
export { CS_ANSWER, DNS_ANSWER, query } from './file/query.ts'
export { plan9TCPSockGroup } from './sock/tcpsock.ts'
export { plan9UDPSockGroup } from './sock/udpsock.ts'
