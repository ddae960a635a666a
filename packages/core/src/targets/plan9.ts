import {
  ErrPlan9,
  fileStubs,
  interfaceStubs,
  ipRawSockStubs,
  ipSockStubs,
  lookupStubs,
  sendfileStubs,
  tcpSockStubs,
  udpSockStubs,
  unixSockStubs,
} from '@net/stubs'
import type { Row } from './row.ts'

/** plan9: refuses, as there is no package yet that speaks to a /net tree. */
export const row: Row = {
  name: 'plan9',
  file: fileStubs(ErrPlan9),
  interface: interfaceStubs(ErrPlan9),
  iprawsock: ipRawSockStubs(ErrPlan9),
  ipsock: ipSockStubs(),
  lookup: lookupStubs(ErrPlan9),
  sendfile: sendfileStubs(),
  tcpsock: tcpSockStubs(ErrPlan9),
  udpsock: udpSockStubs(ErrPlan9),
  unixsock: unixSockStubs(ErrPlan9),
}
