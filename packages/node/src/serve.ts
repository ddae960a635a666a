import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { ErrClosed, isErr, type Closer, type Listener } from '@net/contract'
import { toDuplex } from './duplex.ts'

/** Hands the connections of a listener to a server. */
class Service implements Closer {
  readonly #listener: Listener
  readonly #server: EventEmitter
  readonly #streams = new Set<Duplex>()
  readonly #done: Promise<void>
  #closed: Promise<void> | null = null

  constructor(listener: Listener, server: EventEmitter) {
    this.#listener = listener
    this.#server = server
    this.#done = this.#run()
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  ref(): void {
    this.#listener.ref()
  }

  unref(): void {
    this.#listener.unref()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    try {
      for await (const conn of this.#listener) this.#serve(toDuplex(conn))
    } catch (e) {
      if (this.#closed === null && !isErr(e, ErrClosed)) this.#server.emit('error', e)
    }
  }

  #serve(stream: Duplex): void {
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    this.#server.emit('connection', stream)
  }

  async #close(): Promise<void> {
    const gone = [...this.#streams].map((s) => new Promise((resolve) => s.once('close', resolve)))
    for (const stream of this.#streams) stream.destroy()
    await Promise.all([this.#listener.close(), this.#done, ...gone])
  }
}

/**
 * Serves a server of Node, http.Server or any emitter that takes 'connection' as net.Server does, with the connections
 * of a listener, which it takes over; the server need not listen itself. What goes wrong with accepting is the server's
 * 'error'. Closing the result closes the listener and the connections that are left; its promise settles when all are
 * gone. To let requests finish, close the server's idle connections first and wait.
 */
export function serve(listener: Listener, server: EventEmitter): Closer {
  return new Service(listener, server)
}
