import { createServer, type Server, type TlsOptions, type TLSSocket } from 'node:tls'
import { type Conn, ErrClosed, type IOOptions, type Listener, OpError } from '@net/contract'
import { Lane, LaneListener, type LaneOwner, Liveness, Op } from '@net/io'
import { carry, type Carrier } from './carrier.ts'
import { TLSConn } from './tls_conn.ts'

const PENDING = 128 // handshakes under way, and connections not yet accepted

/**
 * A listener that speaks TLS on what another one accepts, and gives the connections whose handshake is done, addresses and all;
 * those that fail are hung up on and do not show. Options are those of tls.createServer, and with `requestCert` only clients with
 * a certificate of `ca` come in. A slow client does not hold up the next one: the oldest of 128 handshakes makes room. Closing it
 * closes the other listener. Throws Node's error for options that make no sense.
 */
export function secureListener(listener: Listener, options: TlsOptions): Listener {
  const { pskCallback } = options
  if (pskCallback === undefined) return new TLSListener(listener, createServer(options), new WeakMap())
  const keyNames = new WeakMap<TLSSocket, string>()
  const noted: typeof pskCallback = (socket, identity) => {
    keyNames.set(socket, identity)
    return pskCallback(socket, identity)
  }
  return new TLSListener(listener, createServer({ ...options, pskCallback: noted }), keyNames)
}

class TLSListener extends LaneListener<Conn, Listener['addr']> implements LaneOwner {
  readonly #listener: Listener
  readonly #server: Server
  readonly #keyNames: WeakMap<TLSSocket, string> // of the pre-shared keys that clients have
  protected override readonly accepting = new Lane(this)
  readonly #ready: Conn[] = []
  readonly #handshakes = new Set<Carrier>()
  #wake: () => void = () => {}
  readonly #running: Promise<void>
  readonly #liveness: Liveness
  #closed = false

  constructor(listener: Listener, server: Server, keyNames: WeakMap<TLSSocket, string>) {
    super()
    this.#keyNames = keyNames
    this.#listener = listener
    this.#liveness = new Liveness(listener)
    this.#server = server
    // Handshakes do not wait for accept, as connections of a kernel do not.
    listener.unref()
    this.#running = this.#run()
  }

  override get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  override accept(options?: IOOptions): Promise<Conn> {
    return this.accepting.run(new AcceptOp(this.#ready, () => this.#wake()), options)
  }

  override ref(): void {
    this.#liveness.ref()
  }

  override unref(): void {
    this.#liveness.unref()
  }

  override async close(): Promise<void> {
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
    this.#liveness.waiting(change)
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
    } catch (e) {
      this.accepting.close(e as Error)
    }
  }

  async #shake(accepted: Conn): Promise<void> {
    const conn = await carry(accepted)
    this.#handshakes.add(conn)
    const socket = this.#closed ? null : await handshake(this.#server, conn)
    this.#handshakes.delete(conn)
    if (socket === null || this.#closed) {
      await conn.close()
      return
    }
    this.#ready.push(new TLSConn(socket, conn, this.#keyNames.get(socket) ?? null))
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

// Gives the socket of a client that was let in, else null. The server does not listen: connections are given to it. A view of it
// for each handshake, which has all that is the server's but its own `emit`, tells whose socket it is. So the certificates are
// read once for the listener, and not for every client that knocks.
function handshake(server: Server, { stream }: Carrier): Promise<TLSSocket | null> {
  return new Promise((resolve) => {
    const view = Object.create(server) as Server
    view.emit = (event: string, ...args: unknown[]) => {
      if (event === 'secureConnection') resolve(args[0] as TLSSocket)
      else if (event === 'tlsClientError') resolve(null)
      return false
    }
    stream.once('close', () => resolve(null))
    for (const take of server.listeners('connection')) Reflect.apply(take, view, [stream])
  })
}
