import { ipsock, lookup, tcpsock, udpsock, unixsock } from '@net/posix'
import { ErrUnsupported, fileStubs, interfaceStubs, ipRawSockStubs } from '@net/stubs'
import type { Row } from './row.ts'

/** openbsd: the kernel's sockets. */
export const row: Row = {
  name: 'openbsd',
  file: fileStubs(ErrUnsupported),
  interface: interfaceStubs(ErrUnsupported),
  iprawsock: ipRawSockStubs(ErrUnsupported),
  ipsock,
  lookup,
  tcpsock,
  udpsock,
  unixsock,
}
