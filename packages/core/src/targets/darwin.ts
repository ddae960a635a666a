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

/** darwin: the kernel's sockets. */
export const row: Row = {
  name: 'darwin',
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
