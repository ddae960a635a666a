import { isIP, type Socket } from 'node:net'
import { connect as connectTLS, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { joinHostPort } from '@net/addr'
import { connect } from './connect.ts'
import { type Dialer, dialTimedOut } from './dialer.ts'
import { lendAddresses } from './tls_address.ts'

const CONNECT_TIMEOUT = 10_000 // milliseconds: that of undici

/** Where undici wants a connection to. */
export interface Origin {
  /** The host, without brackets. */
  readonly hostname: string
  /** 'http:' or 'https:'. */
  readonly protocol: string
  /** The port, '' for that of the protocol. */
  readonly port: string
  /** The name for TLS, where it is another one than the host. */
  readonly servername?: string | undefined
  /** The IP address to dial from. */
  readonly localAddress?: string | null | undefined
}

/** What undici's dispatchers take as `connect`: it gives a socket, TLS and all, or why there is none. */
export type Connector = (origin: Origin, callback: (...args: [null, Socket] | [Error, null]) => void) => void

/** Options of {@link dispatcher} beside those of undici's Agent. */
export interface DispatcherOptions<O = unknown> {
  /** Options of every dial. */
  readonly dial?: O | undefined
  /** The milliseconds that a dial, and with 'https:' the handshake after it, may take together: 10,000 when absent. */
  readonly connectTimeout?: number | undefined
  /** Options of TLS for origins of 'https:', as tls.connect takes them. */
  readonly secure?: ConnectionOptions | undefined
}

/**
 * Makes a dispatcher of undici's that connects over `net`, for undici's own functions and for `fetch`: give it undici's `Agent`, or
 * a class with the same options, and those options. Errors of dialling are the `cause` of what fetch rejects with.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { defaultNet, listen } from '@net/core'
 * import { dispatcher, serve } from '@net/core/node'
 * import { Agent, fetch } from 'undici'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const service = serve(
 *   listener,
 *   createServer((request, response) => response.end('hello')),
 * )
 * const over = dispatcher(defaultNet(), Agent)
 * const response = await fetch(`http://${listener.addr.toString()}/`, { dispatcher: over })
 * console.log(await response.text()) // hello
 * await over.close()
 * await service.close()
 * ```
 */
export function dispatcher<A, O extends object, D = unknown>(
  net: Dialer<D>,
  Agent: new (options?: O) => A,
  options?: Omit<O, 'connect'> & DispatcherOptions<D>,
): A {
  const { dial, connectTimeout, secure, ...rest }: DispatcherOptions<D> = options ?? {}
  return new Agent({ ...rest, connect: connector(net, { dial, connectTimeout, secure }) } as unknown as O)
}

function connector<D>(net: Dialer<D>, options: DispatcherOptions<D>): Connector {
  const { dial, connectTimeout = CONNECT_TIMEOUT, secure: tls } = options
  return (origin, callback) => {
    const isSecure = origin.protocol === 'https:'
    const { hostname: host, localAddress, servername = host } = origin
    const port = origin.port || (isSecure ? 443 : 80)
    const stream = connect(net, { host, port, localAddress: localAddress ?? undefined, dial })
    const socket = isSecure
      ? connectTLS({ host, ...(isIP(servername) === 0 && { servername }), ...tls, socket: stream })
      : stream
    if (socket !== stream) lendAddresses(socket as TLSSocket, stream)
    const late = setTimeout(() => socket.destroy(timedOut(joinHostPort(host, port))), connectTimeout)
    const failed = (e: Error): void => {
      clearTimeout(late)
      callback(e, null)
    }
    socket.once('error', failed)
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(late)
      socket.off('error', failed)
      // The stream has what undici uses of a socket: it is a Duplex with ref, unref, setTimeout, setKeepAlive and addresses.
      callback(null, socket as unknown as Socket)
    })
  }
}

/** Has the code by which callers of undici tell that a connection took too long. */
function timedOut(address: string): Error {
  const cause = dialTimedOut('tcp', address)
  return Object.assign(new Error(cause.message, { cause }), { code: 'UND_ERR_CONNECT_TIMEOUT' })
}
