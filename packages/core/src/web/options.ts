import { SocketError } from './error.ts'

/** Whether a socket speaks TLS: never, from the first byte, or once {@link Socket.startTls} says so. */
export type SecureTransport = 'off' | 'on' | 'starttls'

/** Options of a socket. */
export interface SocketOptions {
  /** Whether the socket speaks TLS; 'off' when absent. */
  readonly secureTransport?: SecureTransport | undefined
  /**
   * What the peer's end of stream does: `false`, as absent, closes the socket when what was to be written has gone,
   * `true` leaves it writable.
   */
  readonly allowHalfOpen?: boolean | undefined
  /** TLS: the name to ask for, which the server's certificate must have. Absent and `null` mean the hostname dialled. */
  readonly sni?: string | null | undefined
  /** TLS: the protocols to offer (RFC 7301), the preferred one first. None when absent. */
  readonly alpn?: readonly string[] | undefined
}

/** The options of a socket, all of them. */
export type FullSocketOptions = {
  readonly [K in keyof SocketOptions]-?: Exclude<SocketOptions[K], undefined>
}

/** Fills in what is absent; throws a SocketError for what makes no sense. */
export function socketOptions(options: SocketOptions): FullSocketOptions {
  const { secureTransport = 'off', allowHalfOpen = false, sni = null, alpn = [] } = options
  if (!['off', 'on', 'starttls'].includes(secureTransport)) {
    throw new SocketError("secureTransport is none of 'off', 'on' and 'starttls'")
  }
  if (sni !== null && (typeof sni !== 'string' || sni === '')) throw new SocketError('sni is not a name')
  if (!Array.isArray(alpn) || !alpn.every((name) => typeof name === 'string')) {
    throw new SocketError('alpn is not a list of names')
  }
  if (secureTransport === 'off' && (sni !== null || alpn.length > 0)) {
    throw new SocketError("sni and alpn need a secureTransport of 'on' or 'starttls'")
  }
  return { secureTransport, allowHalfOpen, sni, alpn: [...alpn] }
}
