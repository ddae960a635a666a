import {
  netTree,
  plan9InterfaceGroup,
  plan9IPSockGroup,
  plan9LookupGroup,
  plan9TCPSockGroup,
  plan9UDPSockGroup,
} from '@net/plan9'
import { copyingSendfileGroup } from '@net/io'
import { ErrPlan9, fileStubs, ipRawSockStubs, unixSockStubs } from '@net/stubs'
import { nativeDial } from '../native_dial.ts'
import type { Row } from './row.ts'

export { plainBuffer as allocBuffer } from '@net/io'

/** plan9: the files of a network tree. */
export function row(): Row {
  const tree = netTree({ dial: nativeDial }) // $PLAN9_NET, else /net
  return {
    name: 'plan9',
    file: fileStubs(ErrPlan9),
    interface: plan9InterfaceGroup(tree),
    iprawsock: ipRawSockStubs(ErrPlan9),
    ipsock: plan9IPSockGroup,
    lookup: plan9LookupGroup(tree),
    sendfile: copyingSendfileGroup,
    tcpsock: plan9TCPSockGroup(tree),
    udpsock: plan9UDPSockGroup(tree),
    unixsock: unixSockStubs(ErrPlan9),
  }
}
