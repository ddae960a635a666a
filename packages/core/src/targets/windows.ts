import {
  ErrWindows,
  fileStubs,
  interfaceStubs,
  ipRawSockStubs,
  ipSockStubs,
  lookupStubs,
  tcpSockStubs,
  udpSockStubs,
  unixSockStubs,
} from '@net/stubs'
import type { Row } from './row.ts'

/** windows: refuses. */
export const row: Row = {
  name: 'windows',
  file: fileStubs(ErrWindows),
  interface: interfaceStubs(ErrWindows),
  iprawsock: ipRawSockStubs(ErrWindows),
  ipsock: ipSockStubs(),
  lookup: lookupStubs(ErrWindows),
  tcpsock: tcpSockStubs(ErrWindows),
  udpsock: udpSockStubs(ErrWindows),
  unixsock: unixSockStubs(ErrWindows),
}
