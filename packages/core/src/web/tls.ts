import type { TLSOptions } from '@net/node/tls'

/** How TLS is spoken: Node's options of tls.connect that are not about where to. */
export type SocketTLSOptions = Omit<TLSOptions, 'host' | 'servername' | 'ALPNProtocols'>

/** The options of TLS that say whom to expect at the other end, by a name or an address, and the protocols to offer. */
export function tlsPeer(name: string, protocols: readonly string[]): TLSOptions {
  // An address is no name to ask for (RFC 6066, section 3), but the certificate must have it.
  const isAddress = name.includes(':') || /^[\d.]+$/.test(name)
  return { host: name, servername: isAddress ? '' : name, ALPNProtocols: [...protocols] }
}
