import type { TargetGroups } from '@net/contract'
import { sendfileGroup } from './fd/sendfile.ts'
import { interfaceGroup } from './interface/interface.ts'
import { fileGroup } from './sock/file.ts'
import { ipRawSockGroup } from './sock/iprawsock.ts'
import { ipSockGroup } from './sock/ipsock.ts'
import { lookupGroup } from './sock/lookup.ts'
import { tcpSockGroup } from './sock/tcpsock.ts'
import { udpSockGroup } from './sock/udpsock.ts'
import { unixSockGroup } from './sock/unixsock.ts'

/**
 * The kernel's sockets alone, group by group: what a program that dials and listens needs of this package. Nothing of the host's own
 * sockets is loaded or bundled with them.
 */

export { allocBuffer } from './sys/buffer.ts'
export { hostedReason } from './sys/ffi.ts'
export {
  fileGroup,
  interfaceGroup,
  ipRawSockGroup,
  ipSockGroup,
  lookupGroup,
  sendfileGroup,
  tcpSockGroup,
  udpSockGroup,
  unixSockGroup,
}

/** All of them, as a target has them. */
export const kernelGroups: TargetGroups = {
  file: fileGroup,
  interface: interfaceGroup,
  iprawsock: ipRawSockGroup,
  ipsock: ipSockGroup,
  lookup: lookupGroup,
  sendfile: sendfileGroup,
  tcpsock: tcpSockGroup,
  udpsock: udpSockGroup,
  unixsock: unixSockGroup,
}
