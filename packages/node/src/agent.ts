import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { joinHostPort } from '@net/addr'
import type { Conn } from '@net/contract'
import { toDuplex } from './duplex.ts'

/** What an agent dials with, by options `O`: a `Net` of `@net/core` is one. */
export interface Dialer<O = unknown> {
  /** Connects to an address of a network: 'host:port' of 'tcp', a path of 'unix'. */
  dial(network: string, address: string, options?: O): Promise<Conn>
}

/** Options of {@link agent}: those of http.Agent, and how to dial. */
export interface NetAgentOptions<O = unknown> extends AgentOptions {
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

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    // The types know a callback that always gets a stream, which it does not when dialling fails.
    const done = callback as ((error: Error | null, stream?: Duplex) => void) | undefined
    const { socketPath, host, port } = options
    const dialled = socketPath
      ? this.#net.dial('unix', socketPath, this.#dial)
      : this.#net.dial('tcp', joinHostPort(host ?? 'localhost', port ?? 80), this.#dial)
    dialled.then(
      (conn) => done?.(null, toDuplex(conn)),
      (e: unknown) => done?.(e as Error),
    )
    return undefined // later, through the callback
  }
}

/**
 * Makes an http.Agent that connects over `net`: `http.get(url, { agent: agent(net) })` goes through that target's stack
 * and its names. Requests with a `socketPath` go to that Unix socket. Errors of dialling are the request's 'error'.
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
