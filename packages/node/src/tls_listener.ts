import type { TlsOptions } from 'node:tls'
import { type Conn, ErrClosed, type IOOptions, type Listener, OpError } from '@net/contract'
import { Lane, LaneListener, type LaneOwner, Liveness, Op } from '@net/io'
import { carry } from './carrier.ts'
import { Handshakes } from './handshakes.ts'
import type { TLSConn } from './tls_conn.ts'
import { TLSAcceptor } from './tls_server.ts'

const PENDING = 128 // connections not yet accepted

/**
 * Makes a listener that speaks TLS on what another one accepts, and gives the connections whose handshake is done, addresses and all;
 * those that fail are hung up on and do not show. Options are those of tls.createServer, and with `requestCert` only clients with
 * a certificate of `ca` come in. A slow client does not hold up the next one: of 128 handshakes the oldest makes room of the client
 * that has the most, by its address or its /64 of IPv6, and none has more than 64. Closing it closes the other listener. Throws Node's error for options that make no sense.
 *
 * @example
 * ```ts
 * import { defaultNet, listen } from '@net/core'
 * import { secureListener, tlsClient } from '@net/core/node'
 *
 * const key = new Uint8Array(32).fill(7) // random bytes that both ends know
 * const suite = { ciphers: 'ECDHE-PSK-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' } as const
 * const listener = secureListener(await listen('tcp', '127.0.0.1:0'), { ...suite, pskCallback: () => key })
 * const dialled = await defaultNet().dial('tcp', listener.addr.toString())
 * const psk = { psk: key, identity: 'me' }
 * const [client, server] = await Promise.all([
 *   tlsClient(dialled, { ...suite, checkServerIdentity: () => undefined, pskCallback: () => psk }),
 *   listener.accept(),
 * ])
 * await client.write(new TextEncoder().encode('secret'))
 * console.log(await server.read(new Uint8Array(64))) // 6
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export function secureListener(listener: Listener, options: TlsOptions): Listener<TLSConn> {
  return new TLSListener(listener, new TLSAcceptor(options))
}

class TLSListener extends LaneListener<TLSConn, Listener['addr']> implements LaneOwner {
  readonly #listener: Listener
  readonly #acceptor: TLSAcceptor
  protected override readonly accepting = new Lane(this)
  readonly #ready: TLSConn[] = []
  readonly #handshakes = new Handshakes()
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
    await Promise.allSettled([this.#handshakes.end(), ...this.#ready.splice(0).map((conn) => conn.close())])
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
          void this.#shake(await this.#listener.accept())
        }
      }
    } catch (e) {
      this.accepting.close(e as Error)
    }
  }

  async #shake(accepted: Conn): Promise<void> {
    const handshake = this.#handshakes.begin(accepted)
    const conn = await carry(accepted)
    handshake.conn = conn
    // Who fails is hung up on below, and nobody is told.
    const isLost = this.#closed || handshake.ended
    const secured = isLost ? null : await this.#acceptor.shakeHands(conn).catch(() => null)
    handshake.leave()
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
