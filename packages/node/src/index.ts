/** Connections where Node's own interfaces expect sockets: streams, http clients, http servers. */
export { fromSocket, toSocket } from './adopt.ts'
export { agent, type Dialer, type NetAgentOptions } from './agent.ts'
export { type ConnDuplex, type DuplexOptions, toDuplex } from './duplex.ts'
export { serve } from './serve.ts'
export type { NodeAddress } from './node_address.ts'
export { closeWrite } from './half_close.ts'
