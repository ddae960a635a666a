/** WinterTC's Sockets API draft (https://sockets-api.proposal.wintertc.org) over any network stack: TCP with web streams and TLS. */
export type { AnySocketAddress, SocketAddress } from './address.ts'
export { connect, connector, type Connect, type ConnectorOptions } from './connect.ts'
export { SocketError } from './error.ts'
export type { SecureTransport, SocketOptions } from './options.ts'
export { Socket, type SocketInfo } from './socket.ts'
export type { SocketTLSOptions } from './tls.ts'
