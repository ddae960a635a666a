import { ErrClosed, isErr, type Addr, type Conn, type Listener } from '@net/core'
import { Ending } from '@net/io'
import { relay } from './relay.ts'
import type { Service } from './services.ts'
import type { Traffic } from './traffic.ts'

/** Options of a {@link StreamRelay}. */
export interface StreamRelayOptions {
  /** Dials the other side for a connection. */
  readonly dial: (options: { readonly signal: AbortSignal }) => Promise<Conn>
  /** Where what goes on is counted. */
  readonly traffic: Traffic
  /** Told from where each connection comes. */
  readonly connected: (from: Addr) => void
  /** Told why a connection could not be passed on. */
  readonly failed: (e: unknown) => void
}

/** Passes every connection of a listener on to one that is dialled for it. */
export class StreamRelay implements Service {
  readonly done: Promise<void>
  readonly #listener: Listener
  readonly #options: StreamRelayOptions
  readonly #ending = new Ending()
  readonly #serving = new Set<Promise<void>>()

  /** Takes the listener over and begins. */
  constructor(listener: Listener, options: StreamRelayOptions) {
    this.#listener = listener
    this.#options = options
    this.done = this.#run()
    this.done.catch(() => {}) // whoever waits for `done` gets the error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.end(new Error('the forwarding is closed'))
    await this.#listener.close()
    await Promise.allSettled([...this.#serving, this.done])
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const served: Promise<void> = this.#serve(await this.#listener.accept()).finally(() =>
          this.#serving.delete(served),
        )
        this.#serving.add(served)
      }
    } catch (e) {
      if (!this.#ending.isOver && !isErr(e, ErrClosed)) throw e
    }
  }

  // Never rejects: a connection that fails is nobody else's concern.
  async #serve(client: Conn): Promise<void> {
    const { dial, traffic, connected, failed } = this.#options
    const counts = {
      sent: (n: number) => (traffic.sent += n),
      received: (n: number) => (traffic.received += n),
    }
    traffic.connections++
    traffic.total++
    connected(client.remoteAddr)
    try {
      const remote = await dial({ signal: this.#ending.signal })
      await relay(client, remote, counts, this.#ending)
    } catch (e) {
      if (!this.#ending.isOver) failed(e)
    } finally {
      traffic.connections--
      await client.close().catch(() => {}) // it is gone either way
    }
  }
}
