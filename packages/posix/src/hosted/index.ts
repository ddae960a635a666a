/** The host's own sockets, `node:net` and `node:dgram`, alone: nothing of the kernel's half is loaded or bundled with them. */

export { hosted } from './hosted.ts'
export { hostIPSockGroup as hostedIPSockGroup } from '@net/io'
export { hostedLookupGroup } from './lookup.ts'
export { hostedTCPSockGroup } from './tcpsock.ts'
export { hostedUDPSockGroup } from './udpsock.ts'
export { hostedUnixSockGroup } from './unixsock.ts'
