import { type Ended, Ending } from '@net/io'
import { SocketError, socketError } from './error.ts'
import type { FullSocketOptions, SecureTransport } from './options.ts'
import { SocketStreams } from './streams.ts'
import type { Wire } from './wire.ts'

/** What is known of a socket once it stands. */
export interface SocketInfo {
  /** The peer's address: '192.0.2.1:443'. */
  readonly remoteAddress: string | null
  /** This end's address. */
  readonly localAddress: string | null
  /** The protocol that TLS agreed on, or null. */
  readonly alpn: string | null
}

/** How a socket comes to its wire. For {@link Socket} only. */
export interface SocketPlan {
  readonly options: FullSocketOptions
  /** Makes the wire, until `ending` gives up. */
  open(ending: Ending): Promise<Wire>
  /** Puts TLS on a wire. */
  secure(wire: Wire, ending: Ending): Promise<Wire>
}

/**
 * A TCP connection with web streams, as WinterTC's Sockets API draft has it. It is returned at once and connects meanwhile:
 * what is written waits. {@link connect} makes it.
 *
 * @example
 * ```ts
 * import { listen } from '@net/core'
 * import { connect } from '@net/core/web'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const socket = connect(listener.addr.toString())
 * const peer = await listener.accept()
 * await socket.writable.getWriter().write(new TextEncoder().encode('hello'))
 * console.log(await peer.read(new Uint8Array(64))) // 5
 * await Promise.all([socket.close(), peer.close(), listener.close()])
 * ```
 */
export class Socket implements AsyncDisposable {
  /**
   * What the peer sends, as a byte stream. The peer's end of stream ends it and, without `allowHalfOpen`, closes the socket.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /** What is sent to the peer. Closing it ends the stream there; aborting it closes the socket. */
  readonly writable: WritableStream<Uint8Array>
  /**
   * Settles when the connection stands, for 'on' when its TLS does. Rejects with a {@link SocketError}, or with close's
   * reason. Nobody has to look at it.
   */
  readonly opened: Promise<SocketInfo>
  /**
   * Settles when the socket has been closed, here or by the peer's end of stream. Rejects with a {@link SocketError} when it
   * could not connect or its connection broke other than by a reset. Nobody has to look at it.
   */
  readonly closed: Promise<void>
  /** Whether the socket speaks TLS: 'on' for one that {@link startTls} gave. */
  readonly secureTransport: SecureTransport
  readonly #plan: SocketPlan
  readonly #streams: SocketStreams
  readonly #wire: Promise<Wire>
  readonly #giveUp = new Ending()
  #upgraded = false
  #ended = false
  readonly #settleOpened: Settle<SocketInfo>
  readonly #settleClosed: Settle<undefined>

  /** Makes a socket of a plan and begins to connect it. For {@link connect} only. */
  constructor(plan: SocketPlan) {
    this.#plan = plan
    this.secureTransport = plan.options.secureTransport
    ;[this.opened, this.#settleOpened] = deferred<SocketInfo>()
    ;[this.closed, this.#settleClosed] = deferred<undefined>()
    this.#wire = plan.open(this.#giveUp)
    this.#streams = new SocketStreams(this.#wire, {
      readEnded: () => void this.#peerEnded(),
      readFailed: (e) => this.#fail(e, e.code === 'ECONNRESET'),
      bothEnded: (byPeer) => (byPeer ? this.#finish() : this.#release()),
      aborted: (reason) => void this.close(reason),
    })
    this.readable = this.#streams.readable
    this.writable = this.#streams.writable
    for (const promise of [this.opened, this.closed, this.#wire] as Promise<unknown>[])
      promise.catch(() => {})
    void this.#connect()
  }

  /** Whether {@link startTls} has taken the connection over to another socket. */
  get upgraded(): boolean {
    return this.#upgraded
  }

  /**
   * Closes the socket and its connection: reads end, writes that wait and later ones fail with `reason`, and so does
   * `opened` where it is pending. Without a reason that is a {@link SocketError}. Gives `closed`; closing again does nothing.
   */
  close(reason?: unknown): Promise<void> {
    if (this.#ended) return this.closed
    this.#ended = true
    const why = reason ?? new SocketError('the socket is closed')
    this.#giveUp.end(why)
    this.#settleOpened.reject(why)
    this.#streams.end(why)
    this.#hangUp()
    return this.closed
  }

  /**
   * Speaks TLS from here on, in a new socket, which is returned at once. What was written goes out first; what was not read yet
   * is the new socket's. This one is closed, its connection lives on. Throws a {@link SocketError} when the socket was not made
   * with `secureTransport: 'starttls'`, was upgraded before or is closed.
   */
  startTls(): Socket {
    if (this.secureTransport !== 'starttls') {
      throw new SocketError("startTls() needs a secureTransport of 'starttls'")
    }
    if (this.#upgraded) throw new SocketError('the socket has been upgraded')
    if (this.#ended) throw new SocketError('the socket is closed')
    this.#upgraded = this.#ended = true
    const plan = this.#plan
    this.#streams.stopReading()
    const drained = this.#streams.flushed().then(() => {
      this.#streams.end(new SocketError('the socket has been upgraded'))
    })
    void drained.then(() => this.#settleClosed.resolve(undefined))
    return new Socket({
      options: { ...plan.options, secureTransport: 'on' },
      secure: (wire, ending) => plan.secure(wire, ending),
      open: async (ending) => {
        const stop: Ended = {
          ended: (reason) => {
            this.#giveUp.end(reason)
            this.#release()
          },
        }
        ending.add(stop)
        try {
          const [wire] = await Promise.all([this.#wire, drained])
          return await plan.secure(wire, ending)
        } finally {
          ending.delete(stop)
        }
      },
    })
  }

  /** The same as {@link close}: it rejects with what the connection failed with. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #connect(): Promise<void> {
    try {
      const { remoteAddr, localAddr, connectionState } = await this.#wire
      this.#settleOpened.resolve({
        remoteAddress: remoteAddr.toString(),
        localAddress: localAddr.toString(),
        alpn: connectionState?.alpn ?? null,
      })
    } catch (e) {
      this.#settleOpened.reject(socketError(e))
      this.#fail(socketError(e))
    }
  }

  async #peerEnded(): Promise<void> {
    if (this.#plan.options.allowHalfOpen || this.#ended) return
    await this.#streams.flushed()
    this.#finish()
  }

  #finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#streams.finish()
    this.#hangUp()
  }

  #fail(e: SocketError, reset = false): void {
    if (this.#ended) return
    this.#ended = true
    this.#streams.end(e, e)
    if (!reset) this.#settleClosed.reject(e)
    this.#hangUp()
  }

  // As long as the user has not closed the socket, `closed` waits for that.
  #release(): void {
    this.#wire.then((wire) => wire.close()).catch(() => {}) // nobody is left to be told
  }

  #hangUp(): void {
    const gone = this.#wire.then(
      (wire) => wire.close(),
      () => {}, // it never stood
    )
    gone.then(
      () => this.#settleClosed.resolve(undefined),
      (e: unknown) => this.#settleClosed.reject(socketError(e)),
    )
  }
}

/** The two ends of a promise. */
interface Settle<T> {
  readonly resolve: (value: T | PromiseLike<T>) => void
  readonly reject: (reason: unknown) => void
}

function deferred<T>(): [Promise<T>, Settle<T>] {
  let settle: Settle<T> | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return [promise, settle as Settle<T>]
}
