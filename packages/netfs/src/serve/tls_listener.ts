import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import { type Conn, ErrClosed, type IOOptions, type Listener, OpError } from '@net/contract'
import { Lane, LaneListener, type LaneOwner, Op } from '@net/io'
import { carry, type Carrier } from './carrier.ts'
import { authenticates } from './export.ts'
import { type CertificateOptions, certificates, checkKey, pskSuites } from './tls.ts'
import { TLSConn } from './tls_conn.ts'

const PENDING = 128 // handshakes under way, and connections not yet accepted

/** Whom a {@link tlsListener} lets in: those with a certificate of `ca`, or with one of the keys by their names. */
export type TLSServerOptions = (
  CertificateOptions | { readonly keys: Readonly<Record<string, Uint8Array>> }
) & {
  /** Milliseconds for a handshake; default 10 000. */
  readonly handshakeTimeout?: number | undefined
}

/**
 * A listener that speaks TLS on what another one accepts, and gives the connections of clients that have proved who they are;
 * others are hung up on and do not show. A slow client does not hold up the next one. Closing it closes the other listener.
 */
export function tlsListener(listener: Listener, options: TLSServerOptions): Listener {
  return new TLSListener(listener, options)
}

class TLSListener extends LaneListener<Conn, Listener['addr']> implements LaneOwner {
  readonly [authenticates] = true
  readonly #listener: Listener
  readonly #options: TlsOptions
  protected readonly accepting = new Lane(this)
  readonly #ready: Conn[] = []
  readonly #handshakes = new Set<Carrier>()
  #wake: () => void = () => {}
  readonly #running: Promise<void>
  #waiting = 0
  #referenced = true
  #closed = false

  constructor(listener: Listener, options: TLSServerOptions) {
    super()
    this.#listener = listener
    this.#options = serverOptions(options)
    createServer(this.#options) // what makes no sense shows now, not with the first client
    // Handshakes do not wait for accept, as connections of a kernel do not.
    listener.unref()
    this.#running = this.#run()
  }

  get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  accept(options?: IOOptions): Promise<Conn> {
    return this.accepting.run(new AcceptOp(this.#ready, () => this.#wake()), options)
  }

  ref(): void {
    this.#referenced = true
    if (this.#waiting > 0) this.#listener.ref()
  }

  unref(): void {
    this.#referenced = false
    this.#listener.unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.accepting.close(ErrClosed)
    this.#wake()
    const rest = [...this.#ready.splice(0), ...this.#handshakes]
    await Promise.allSettled(rest.map((conn) => conn.close()))
    await this.#listener.close()
    await this.#running
  }

  /** Makes the error of an operation. */
  opError(op: string, cause: Error): Error {
    return cause instanceof OpError ? cause : new OpError(op, this.addr.network, null, this.addr, cause)
  }

  /** Counts accepts that wait: they keep the process alive, and the one below does it for them. */
  waiting(change: 1 | -1): void {
    this.#waiting += change
    if (this.#waiting > 0 && this.#referenced) this.#listener.ref()
    else if (this.#waiting === 0) this.#listener.unref()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed) {
        if (this.#ready.length >= PENDING) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        } else {
          const conn = await this.#listener.accept()
          // Who says nothing must not keep others from coming in.
          const [oldest] = this.#handshakes
          if (oldest !== undefined && this.#handshakes.size >= PENDING) void oldest.close()
          void this.#shake(conn)
        }
      }
    } catch (error) {
      this.accepting.close(error as Error)
    }
  }

  async #shake(accepted: Conn): Promise<void> {
    const conn = await carry(accepted)
    this.#handshakes.add(conn)
    const socket = this.#closed ? null : await handshake(this.#options, conn)
    this.#handshakes.delete(conn)
    if (socket === null || this.#closed) {
      await conn.close()
      return
    }
    this.#ready.push(new TLSConn(socket, conn))
    this.accepting.wake()
  }
}

class AcceptOp extends Op<Conn> {
  readonly #ready: Conn[]
  readonly #taken: () => void

  constructor(ready: Conn[], taken: () => void) {
    super('accept')
    this.#ready = ready
    this.#taken = taken
  }

  override attempt(): boolean {
    const conn = this.#ready.shift()
    if (conn === undefined) return false
    this.#taken()
    return this.done(conn)
  }
}

// The server does not listen: a connection is given to it.
function serverOptions(options: TLSServerOptions): TlsOptions {
  const { handshakeTimeout = 10_000 } = options
  if (!('keys' in options)) {
    const asked = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const
    return { ...certificates(options), ...asked, handshakeTimeout }
  }
  const keys = new Map(Object.entries(options.keys))
  if (keys.size === 0) throw new TypeError('without a key nobody could come in')
  keys.forEach(checkKey)
  const pskCallback = (_socket: TLSSocket, identity: string): Uint8Array | null => keys.get(identity) ?? null
  return { ...pskSuites, pskCallback, handshakeTimeout }
}

// Gives the socket of a client that was let in, else null. Each has a server of its own, which tells whose socket it is.
function handshake(options: TlsOptions, conn: Carrier): Promise<TLSSocket | null> {
  return new Promise((resolve) => {
    const { stream } = conn
    const server = createServer(options, resolve)
    const refuse = (): void => {
      resolve(null)
    }
    server.once('tlsClientError', refuse)
    stream.once('close', refuse)
    server.emit('connection', stream)
  })
}
