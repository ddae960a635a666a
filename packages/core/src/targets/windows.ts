import { hostedIPSock, hostedLookup, hostedTCPSock, hostedUDPSock, hostedUnixSock } from '@net/posix'
import { ErrWindows, fileStubs, interfaceStubs, ipRawSockStubs, sendfileStubs } from '@net/stubs'
import type { Row } from './row.ts'

/** windows: the sockets of the JavaScript host, which every host has. */
export const row: Row = {
  name: 'windows',
  file: fileStubs(ErrWindows),
  interface: interfaceStubs(ErrWindows),
  iprawsock: ipRawSockStubs(ErrWindows),
  ipsock: hostedIPSock,
  lookup: hostedLookup,
  sendfile: sendfileStubs(),
  tcpsock: hostedTCPSock,
  udpsock: hostedUDPSock,
  unixsock: hostedUnixSock,
}
