/** TLS over connections, as client and as server, with Node's own implementation. */
export { secureConn, type TLSOptions } from './tls_client.ts'
export type { TLSConn } from './tls_conn.ts'
export { secureListener } from './tls_listener.ts'
