/** Connections where Node's own interfaces expect sockets: streams, http clients, http servers. */
export { fromSocket, toSocket } from './adopt.ts'
export { agent, secureAgent, type NetAgentOptions, type SecureNetAgentOptions } from './agent.ts'
export { connect, type ConnectArguments, type ConnectOptions, type DialDuplex } from './connect.ts'
export type { Destination, Dialer } from './dialer.ts'
export { type ConnDuplex, type DuplexOptions, toDuplex } from './duplex.ts'
export { fromDuplex, type FromDuplexOptions } from './from_duplex.ts'
export { serve, type Service } from './serve.ts'
export type { SocketAddress } from './socket_address.ts'
