import type { TlsOptions } from 'node:tls'
import { type Conn, ErrClosed, type IOOptions, type Listener, OpError } from '@net/contract'
import { Lane, LaneListener, type LaneOwner, Liveness, Op } from '@net/io'
import { carry, type Carrier } from './carrier.ts'
import type { TLSConn } from './tls_conn.ts'
import { TLSAcceptor } from './tls_server.ts'

const PENDING = 128 // handshakes under way, and connections not yet accepted

/**
 * Makes a listener that speaks TLS on what another one accepts, and gives the connections whose handshake is done, addresses and all;
 * those that fail are hung up on and do not show. Options are those of tls.createServer, and with `requestCert` only clients with
 * a certificate of `ca` come in. A slow client does not hold up the next one: the oldest of 128 handshakes makes room. Closing it
 * closes the other listener. Throws Node's error for options that make no sense.
 */
export function secureListener(listener: Listener, options: TlsOptions): Listener<TLSConn> {
  return new TLSListener(listener, new TLSAcceptor(options))
}

class TLSListener extends LaneListener<TLSConn, Listener['addr']> implements LaneOwner {
  readonly #listener: Listener
  readonly #acceptor: TLSAcceptor
  protected override readonly accepting = new Lane(this)
  readonly #ready: TLSConn[] = []
  readonly #handshakes = new Set<Carrier>()
  #wake: () => void = () => {}
  readonly #running: Promise<void>
  readonly #liveness: Liveness
  #closed = false

  constructor(listener: Listener, acceptor: TLSAcceptor) {
    super()
    this.#listener = listener
    this.#liveness = new Liveness(listener)
    this.#acceptor = acceptor
    // Handshakes do not wait for accept, as connections of a kernel do not.
    listener.unref()
    this.#running = this.#run()
  }

  override get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  override accept(options?: IOOptions): Promise<TLSConn> {
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
    // Who fails is hung up on below, and nobody is told.
    const secured = this.#closed ? null : await this.#acceptor.shakeHands(conn).catch(() => null)
    this.#handshakes.delete(conn)
    if (secured === null || this.#closed) {
      await conn.close()
      return
    }
    this.#ready.push(secured)
    this.accepting.wake()
  }
}

class AcceptOp extends Op<TLSConn> {
  readonly #ready: TLSConn[]
  readonly #taken: () => void

  constructor(ready: TLSConn[], taken: () => void) {
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
