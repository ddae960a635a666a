import {
  hostedIPSockGroup,
  hostedLookupGroup,
  hostedTCPSockGroup,
  hostedUDPSockGroup,
  hostedUnixSockGroup,
} from '@net/posix/hosted'
import { copyingSendfileGroup } from '@net/io'
import { ErrWindows, fileStubs, interfaceStubs, ipRawSockStubs } from '@net/stubs'
import type { Row } from './row.ts'

export { plainBuffer as allocBuffer } from '@net/io'

/** windows: the sockets of the JavaScript host, which every host has. */
export const row = (): Row => ({
  name: 'windows',
  file: fileStubs(ErrWindows),
  interface: interfaceStubs(ErrWindows),
  iprawsock: ipRawSockStubs(ErrWindows),
  ipsock: hostedIPSockGroup,
  lookup: hostedLookupGroup,
  sendfile: copyingSendfileGroup,
  tcpsock: hostedTCPSockGroup,
  udpsock: hostedUDPSockGroup,
  unixsock: hostedUnixSockGroup,
})
