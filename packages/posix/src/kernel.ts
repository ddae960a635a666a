/**
 * The kernel's sockets alone, group by group: what a program that dials and listens needs of this package. Nothing of the host's own
 * sockets is loaded or bundled with them.
 */

export { sendfileGroup } from './fd/sendfile.ts'
export { interfaceGroup } from './interface/interface.ts'
export { fileGroup } from './sock/file.ts'
export { ipRawSockGroup } from './sock/iprawsock.ts'
export { ipSockGroup } from './sock/ipsock.ts'
export { lookupGroup } from './sock/lookup.ts'
export { tcpSockGroup } from './sock/tcpsock.ts'
export { udpSockGroup } from './sock/udpsock.ts'
export { unixSockGroup } from './sock/unixsock.ts'
export { allocBuffer } from './sys/buffer.ts'
export { hostedReason } from './sys/ffi.ts'
