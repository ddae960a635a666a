/** TLS over connections, as client and as server, with Node's own implementation. */
export { tlsClient, type TLSOptions } from './tls_client.ts'
export { dialTLS, listenTLS, type DialTLSOptions, type ListenerSource } from './tls_dial.ts'
export type { ConnectionState, TLSConn } from './tls_conn.ts'
export { secureListener } from './tls_listener.ts'
export { tlsServer } from './tls_server.ts'
