import {
  fileGroup,
  interfaceGroup,
  iprawsock,
  ipsock,
  lookup,
  sendfile,
  tcpsock,
  udpsock,
  unixsock,
} from '@net/posix'
import type { Row } from './row.ts'

/** openbsd: the kernel's sockets. */
export const row: Row = {
  name: 'openbsd',
  file: fileGroup,
  interface: interfaceGroup,
  iprawsock,
  ipsock,
  lookup,
  sendfile,
  tcpsock,
  udpsock,
  unixsock,
}
