import type { Conn, HalfCloser, Listener } from '@net/contract'
import { checkTimeout, HandshakeListener, Scope, timeoutAt } from '../index.ts'
import { ProxyConn } from './proxy_conn.ts'
import { readProxyHeader } from './read_header.ts'

const TIMEOUT = 5000 // ms for a header: a segment of it may be lost and sent anew

/** How {@link proxyListener} listens. */
export interface ProxyListenerOptions {
  /**
   * Whether a peer is a proxy whose word counts, by its address; any other is hung up on before anything is read. Absent, all are:
   * then only proxies must be able to reach the listener, since whoever connects says who they are.
   */
  readonly trusts?: ((peer: Conn['remoteAddr']) => boolean) | undefined
  /** Milliseconds for a header to come; 5000 unless set, 0 means no limit. */
  readonly timeout?: number | undefined
}

/**
 * Makes a listener for connections that proxies pass on with a header of the PROXY protocol, version 1 or 2, such as haproxy
 * (`send-proxy-v2`), nginx and load balancers of clouds send. What it accepts has the addresses that the header tells. A
 * connection without one is hung up on and does not show, as the protocol demands: a header that may be left out could be forged.
 * Who is slow holds up nobody, as with `secureListener`, which may stand on this one. Closing it closes the other listener. Throws a
 * TypeError for a timeout that is no number of milliseconds from 0 on.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { proxyListener } from '@net/core/io'
 *
 * const listener = proxyListener(await listen('tcp', '127.0.0.1:0'))
 * const proxy = await dial('tcp', listener.addr.toString())
 * await proxy.write(new TextEncoder().encode('PROXY TCP4 192.0.2.1 192.0.2.2 50000 80\r\n'))
 * const conn = await listener.accept()
 * console.log(conn.remoteAddr.toString()) // 192.0.2.1:50000
 * for (const end of [proxy, conn, listener]) await end.close()
 * ```
 */
export function proxyListener<C extends HalfCloser>(
  listener: Listener<C>,
  options: ProxyListenerOptions = {},
): Listener<ProxyConn<C>> {
  const timeout = checkTimeout(options.timeout ?? TIMEOUT)
  return new HandshakeListener(listener, async (accepted: C) => {
    if (options.trusts?.(accepted.remoteAddr) === false) throw new Error('the peer is no trusted proxy')
    const scope = new Scope(undefined, timeoutAt(timeout))
    try {
      return new ProxyConn(accepted, await readProxyHeader(accepted, scope))
    } finally {
      scope.leave()
    }
  })
}
