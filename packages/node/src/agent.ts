import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import { Agent as HTTPSAgent, type AgentOptions as HTTPSAgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { connect } from './connect.ts'
import type { ConnectOptions } from './connect_arguments.ts'
import type { Dialer } from './dialer.ts'
import { lendAddresses } from './tls_address.ts'

/** Options of {@link agent}: those of http.Agent, and how to dial. */
export interface NetAgentOptions<O = unknown> extends AgentOptions {
  /** Options of every dial. A time limit of `timeout` milliseconds holds for the dial alone. */
  readonly dial?: O | undefined
}

/** Options of {@link secureAgent}: those of https.Agent, which has TLS's among them, and how to dial. */
export interface SecureNetAgentOptions<O = unknown> extends HTTPSAgentOptions {
  /** Options of every dial. A time limit of `timeout` milliseconds holds for the dial alone. */
  readonly dial?: O | undefined
}

class NetAgent<O> extends Agent {
  readonly #net: Dialer<O>
  readonly #dial: O | undefined

  constructor(net: Dialer<O>, { dial, ...options }: NetAgentOptions<O>) {
    super(options)
    this.#net = net
    this.#dial = dial
  }

  override createConnection(options: ClientRequestArgs): Duplex {
    return connect(this.#net, destination(options, this.#dial))
  }
}

class SecureNetAgent<O> extends HTTPSAgent {
  readonly #net: Dialer<O>
  readonly #dial: O | undefined

  constructor(net: Dialer<O>, { dial, ...options }: SecureNetAgentOptions<O>) {
    super(options)
    this.#net = net
    this.#dial = dial
  }

  // The agent of Node's puts TLS on the stream, by the options of the request and with its store of sessions.
  override createConnection(options: ClientRequestArgs): Duplex {
    const stream = connect(this.#net, destination(options, this.#dial))
    const socket = super.createConnection({ ...options, socket: stream } as ClientRequestArgs) as TLSSocket
    lendAddresses(socket, stream)
    return socket
  }
}

function destination<O>(options: ClientRequestArgs, dial: O | undefined): ConnectOptions<O> {
  const { host, port, socketPath, localAddress, localPort, family, lookup, timeout } = options
  return {
    host: host ?? undefined,
    port: port ?? undefined,
    path: socketPath,
    localAddress,
    localPort,
    family,
    lookup,
    timeout,
    dial,
  }
}

/**
 * Makes an http.Agent that connects over `net`: `http.get(url, { agent: agent(net) })` goes through that target's stack
 * and its names. Requests with a `socketPath` go to that Unix socket; `localAddress`, `localPort`, `family`, `lookup` and `timeout`
 * mean what they do with http.Agent. Errors of dialling are the request's 'error'.
 *
 * @example
 * ```ts
 * import { createServer, get } from 'node:http'
 * import { once } from 'node:events'
 * import { text } from 'node:stream/consumers'
 * import { defaultNet, listen } from '@net/core'
 * import { agent, serve } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const service = serve(
 *   listener,
 *   createServer((request, response) => response.end('hello')),
 * )
 * const request = get(`http://${listener.addr.toString()}/`, { agent: agent(defaultNet()) })
 * const [response] = await once(request, 'response')
 * console.log(await text(response)) // hello
 * await service.close()
 * ```
 */
export function agent<O>(net: Dialer<O>, options: NetAgentOptions<O> = {}): Agent {
  return new NetAgent(net, options)
}

/**
 * Makes an https.Agent that connects over `net`, as {@link agent} does for http. Options of TLS are taken from the request and from
 * here, and sessions are resumed, as with https.Agent. What is wrong with the server's certificate is the request's 'error'.
 *
 * @example
 * ```ts
 * import { get } from 'node:https'
 * import { once } from 'node:events'
 * import { defaultNet, listen } from '@net/core'
 * import { secureAgent } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const request = get(`https://${listener.addr.toString()}/`, { agent: secureAgent(defaultNet()) })
 * const peer = await listener.accept()
 * console.log((await peer.read(new Uint8Array(1024))) !== null) // true: what a client of TLS says first
 * await peer.close()
 * const [error] = await once(request, 'error')
 * console.log(error.code) // ECONNRESET
 * await listener.close()
 * ```
 */
export function secureAgent<O>(net: Dialer<O>, options: SecureNetAgentOptions<O> = {}): HTTPSAgent {
  return new SecureNetAgent(net, options)
}
