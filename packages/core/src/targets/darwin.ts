import {
  fileGroup,
  interfaceGroup,
  ipRawSockGroup,
  ipSockGroup,
  lookupGroup,
  sendfileGroup,
  tcpSockGroup,
  udpSockGroup,
  unixSockGroup,
} from '@net/posix'
import type { Row } from './row.ts'

export { allocBuffer } from '@net/posix'

/** darwin: the kernel's sockets. */
export const row = (): Row => ({
  name: 'darwin',
  file: fileGroup,
  interface: interfaceGroup,
  iprawsock: ipRawSockGroup,
  ipsock: ipSockGroup,
  lookup: lookupGroup,
  sendfile: sendfileGroup,
  tcpsock: tcpSockGroup,
  udpsock: udpSockGroup,
  unixsock: unixSockGroup,
})
