import { interfaceGroup, ipsock, lookupGroup, netTree, tcpSockGroup, udpSockGroup } from '@net/plan9'
import { copyingSendfileGroup } from '@net/io'
import { ErrPlan9, fileStubs, ipRawSockStubs, unixSockStubs } from '@net/stubs'
import { nativeDial } from '../native_dial.ts'
import type { Row } from './row.ts'

const tree = netTree({ dial: nativeDial }) // $PLAN9_NET, else /net

/** plan9: the files of a network tree. */
export const row: Row = {
  name: 'plan9',
  file: fileStubs(ErrPlan9),
  interface: interfaceGroup(tree),
  iprawsock: ipRawSockStubs(ErrPlan9),
  ipsock,
  lookup: lookupGroup(tree),
  sendfile: copyingSendfileGroup,
  tcpsock: tcpSockGroup(tree),
  udpsock: udpSockGroup(tree),
  unixsock: unixSockStubs(ErrPlan9),
}
