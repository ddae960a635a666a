import {
  hostedIPSockGroup,
  hostedLookupGroup,
  hostedTCPSockGroup,
  hostedUDPSockGroup,
  hostedUnixSockGroup,
} from '@net/posix/hosted'
import { windowsInterfaceGroup, windowsIPRawSockGroup } from '@net/posix/windows'
import { copyingSendfileGroup } from '@net/io'
import { ErrWindows, fileStubs } from '@net/stubs'
import type { Row } from './row.ts'

export { plainBuffer as allocBuffer } from '@net/io'

/** windows: the sockets of the JavaScript host, which every host has, and the system's own list of interfaces and raw IP. */
export const row = (): Row => ({
  name: 'windows',
  file: fileStubs(ErrWindows),
  interface: windowsInterfaceGroup,
  iprawsock: windowsIPRawSockGroup,
  ipsock: hostedIPSockGroup,
  lookup: hostedLookupGroup,
  sendfile: copyingSendfileGroup,
  tcpsock: hostedTCPSockGroup,
  udpsock: hostedUDPSockGroup,
  unixsock: hostedUnixSockGroup,
})
