import { hostedIPSock, hostedLookup, hostedTCPSock, hostedUDPSock, hostedUnixSock } from '@net/posix'
import { copyingSendfileGroup } from '@net/io'
import { ErrWindows, fileStubs, interfaceStubs, ipRawSockStubs } from '@net/stubs'
import type { Row } from './row.ts'

/** windows: the sockets of the JavaScript host, which every host has. */
export const row: Row = {
  name: 'windows',
  file: fileStubs(ErrWindows),
  interface: interfaceStubs(ErrWindows),
  iprawsock: ipRawSockStubs(ErrWindows),
  ipsock: hostedIPSock,
  lookup: hostedLookup,
  sendfile: copyingSendfileGroup,
  tcpsock: hostedTCPSock,
  udpsock: hostedUDPSock,
  unixsock: hostedUnixSock,
}
