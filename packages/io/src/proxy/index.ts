/** The PROXY protocol, versions 1 and 2: a proxy tells the server whom it speaks for. */
export { encodeProxyHeader, proxyHeaderOf } from './encode_header.ts'
export type { ProxyAddr, ProxyHeader, ProxyTLV } from './header.ts'
export { ProxyConn } from './proxy_conn.ts'
export { proxyListener, type ProxyListenerOptions } from './proxy_listener.ts'
export { readProxyHeader } from './read_header.ts'
