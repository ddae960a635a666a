import type { Conn } from '@net/contract'
import type { ProxyAddr, ProxyHeader, ProxyTLV } from './header.ts'
import { encodeV1 } from './v1.ts'
import { encodeV2 } from './v2.ts'

/**
 * The header that tells the next server of the client of a connection that was accepted. Addresses of a kind that the protocol does
 * not know are left out.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { encodeProxyHeader, proxyHeaderOf } from '@net/core/io'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, accepted] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const bytes = encodeProxyHeader(proxyHeaderOf(accepted, 1))
 * console.log(new TextDecoder().decode(bytes).startsWith('PROXY TCP4 127.0.0.1 127.0.0.1 ')) // true
 * await Promise.all([client.close(), accepted.close(), listener.close()])
 * ```
 */
export function proxyHeaderOf(
  conn: Pick<Conn, 'localAddr' | 'remoteAddr'>,
  version: 1 | 2 = 2,
  tlvs: readonly ProxyTLV[] = [],
): ProxyHeader {
  const { remoteAddr, localAddr } = conn
  const known = isProxyAddr(remoteAddr) && isProxyAddr(localAddr)
  return { version, source: known ? remoteAddr : null, destination: known ? localAddr : null, tlvs }
}

function isProxyAddr(addr: Conn['localAddr']): addr is ProxyAddr {
  return 'path' in addr || ('ip' in addr && addr.ip !== null && 'port' in addr)
}

/**
 * The bytes of a header, which go before all others on the connection to the next server. Version 1 has no Unix sockets and no
 * packets, and says UNKNOWN of them. Throws a RangeError for a TLV, or all of them, too long for the protocol.
 *
 * @example
 * ```ts
 * import { TCPAddr } from '@net/core'
 * import { encodeProxyHeader } from '@net/core/io'
 *
 * const source = TCPAddr.from({ ip: '192.0.2.1', port: 50000 })
 * const destination = TCPAddr.from({ ip: '192.0.2.2', port: 80 })
 * const bytes = encodeProxyHeader({ version: 1, source, destination, tlvs: [] })
 * console.log(new TextDecoder().decode(bytes).trimEnd()) // PROXY TCP4 192.0.2.1 192.0.2.2 50000 80
 * ```
 */
export function encodeProxyHeader(header: ProxyHeader): Uint8Array<ArrayBuffer> {
  return header.version === 1 ? encodeV1(header) : encodeV2(header)
}
