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
} from '@net/posix/kernel'
import type { Row } from './row.ts'

export { allocBuffer, hostedReason } from '@net/posix/kernel'

/** The row of a target that has the sockets of its kernel. */
export const kernelRow = (name: string): Row => ({
  name,
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
