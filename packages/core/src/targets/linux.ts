import { interfaceGroup, ipsock, lookup, tcpsock, udpsock, unixsock } from '@net/posix'
import { ErrUnsupported, fileStubs, ipRawSockStubs } from '@net/stubs'
import type { Row } from './row.ts'

/** linux: the kernel's sockets. */
export const row: Row = {
  name: 'linux',
  file: fileStubs(ErrUnsupported),
  interface: interfaceGroup,
  iprawsock: ipRawSockStubs(ErrUnsupported),
  ipsock,
  lookup,
  tcpsock,
  udpsock,
  unixsock,
}
