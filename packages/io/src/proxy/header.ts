import type { TCPAddr, UDPAddr, UnixAddr } from '@net/addr'

/** The addresses of which a header can speak. */
export type ProxyAddr = TCPAddr | UDPAddr | UnixAddr

/** Something more that a header of version 2 says. */
export interface ProxyTLV {
  /** What it says, by the protocol's numbers, 0 to 255: 1 is the ALPN, 2 the name asked for, 5 an identifier of the connection. */
  readonly type: number
  /** Its bytes. */
  readonly value: Uint8Array
}

/** What a proxy says of the connection that it passes on. */
export interface ProxyHeader {
  /** The version of the protocol: 1 is a line of text, 2 is binary. */
  readonly version: 1 | 2
  /** The client's address; null when the proxy speaks for itself, in a health check, or does not say. */
  readonly source: ProxyAddr | null
  /** The address that the client connected to, of the source's kind; null exactly when there is no source. */
  readonly destination: ProxyAddr | null
  /** What else is said; version 1 says nothing else. */
  readonly tlvs: readonly ProxyTLV[]
}
