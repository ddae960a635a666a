import { fileGroup, interfaceGroup, ipsock, lookup, sendfile, tcpsock, udpsock, unixsock } from '@net/posix'
import { ErrUnsupported, ipRawSockStubs } from '@net/stubs'
import type { Row } from './row.ts'

/** linux: the kernel's sockets. */
export const row: Row = {
  name: 'linux',
  file: fileGroup,
  interface: interfaceGroup,
  iprawsock: ipRawSockStubs(ErrUnsupported),
  ipsock,
  lookup,
  sendfile,
  tcpsock,
  udpsock,
  unixsock,
}
