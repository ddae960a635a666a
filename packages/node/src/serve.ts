import type { EventEmitter } from 'node:events'
import { Server as TLSServer } from 'node:tls'
import { ErrClosed, isErr, type Closer, type Conn, type Listener } from '@net/contract'
import { ConnDuplex, type DuplexOptions } from './duplex.ts'
import { Served, type Serving } from './served.ts'
import { timerDuration } from './timer_duration.ts'
import { emitConnection } from './tls_address.ts'

/** What {@link serve} gives. */
export interface Service extends Closer {
  /**
   * Closes the listener and the connections that are left, and settles when all are gone. With a `grace` in milliseconds they may
   * finish what they are at first: an http server closes those that are idle, and each of the others behind its answer; what is
   * left after that time is closed. Calling it again with less grace takes effect. Rejects where the listener's close does, and
   * with Node's errors for a time that is none.
   */
  close(options?: { readonly grace?: number | undefined }): Promise<void>
}

/** Hands the connections of a listener to a server. */
class ListenerService implements Service, Serving {
  readonly listener: Listener
  isPatient = false
  readonly #server: EventEmitter & DuplexOptions
  readonly #served: Served | null
  readonly #streams = new Set<ServedDuplex>()
  #drained: () => void = () => {}
  #draining: Promise<void> | null = null
  #closed = false
  readonly #done: Promise<void>

  constructor(listener: Listener, server: EventEmitter & DuplexOptions) {
    this.listener = listener
    this.#server = server
    this.#served = Served.join(server, this)
    this.#done = new Promise((resolve) => {
      process.nextTick(() => {
        if (this.#draining === null) this.#served?.begin()
        resolve(this.#run())
      })
    })
  }

  get count(): number {
    return this.#streams.size
  }

  async close({ grace = 0 }: { readonly grace?: number | undefined } = {}): Promise<void> {
    const ms = timerDuration(grace)
    const drained = this.drain()
    if (ms === 0) {
      this.#cut()
      return drained
    }
    this.#served?.stopKeeping(this)
    const timer = setTimeout(() => this.#cut(), ms)
    try {
      await drained
    } finally {
      clearTimeout(timer)
    }
  }

  drain(): Promise<void> {
    return (this.#draining ??= this.#drain())
  }

  ref(): void {
    this.listener.ref()
  }

  unref(): void {
    this.listener.unref()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    try {
      for await (const conn of this.listener) this.#serve(conn)
    } catch (e) {
      if (this.#draining === null && !isErr(e, ErrClosed)) this.#server.emit('error', e)
    }
  }

  #serve(conn: Conn): void {
    const { allowHalfOpen } = this.#server
    const full = this.#served?.full === true
    const stream = new ServedDuplex(
      conn,
      { allowHalfOpen: allowHalfOpen === true },
      {
        isPatient: () => this.isPatient,
        gone: (which) => {
          this.#streams.delete(which)
          if (this.#streams.size === 0) this.#drained()
        },
      },
    )
    this.#streams.add(stream)
    if (this.#closed) stream.destroy()
    else if (full) this.#drop(stream)
    else if (this.#server instanceof TLSServer) emitConnection(this.#server, stream)
    else this.#server.emit('connection', stream)
  }

  #cut(): void {
    this.#closed = true
    for (const stream of this.#streams) stream.destroy()
  }

  #drop(stream: ServedDuplex): void {
    const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = stream
    stream.destroy()
    const data = { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily }
    this.#server.emit('drop', data)
  }

  async #drain(): Promise<void> {
    try {
      await Promise.all([this.listener.close(), this.#done])
    } finally {
      await this.#gone()
      this.#served?.leave(this)
    }
  }

  #gone(): Promise<void> {
    if (this.#streams.size === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#drained = resolve))
  }
}

/** What a stream that is served asks and tells. */
interface Serves {
  /** Whether streams that are destroyed just now write first what they have been given. */
  isPatient(): boolean
  gone(stream: ServedDuplex): void
}

/** A stream that tells when it is gone, whatever listeners its user takes away. */
class ServedDuplex extends ConnDuplex {
  readonly #serves: Serves

  constructor(conn: Conn, options: DuplexOptions, serves: Serves) {
    super(conn, options)
    this.#serves = serves
  }

  override destroy(error?: Error): this {
    if (error !== undefined || this.writableLength === 0 || !this.#serves.isPatient())
      return super.destroy(error)
    this.destroySoon()
    return this
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    super._destroy(error, (e) => {
      callback(e)
      this.#serves.gone(this)
    })
  }
}

/**
 * Serves a server of Node (http, https, net, tls, http2), or any emitter that takes 'connection' as they do, with the connections
 * of a listener, which it takes over; the server need not listen itself. A server of Node then behaves as though it did: it emits
 * 'listening', its time limits for requests and `maxConnections` hold, `address()` and `getConnections()` tell, and its `close()`
 * stops the listener and waits for the connections. Connections are half-open as the server's `allowHalfOpen` says, and the
 * sockets of a TLS server have their addresses. What goes wrong with accepting is the server's 'error'.
 *
 * Closing the result closes the listener and the connections that are left; `close({ grace: 10_000 })` lets requests finish first.
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
export function serve(listener: Listener, server: EventEmitter): Service {
  return new ListenerService(listener, server)
}
