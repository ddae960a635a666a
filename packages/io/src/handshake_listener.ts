import { type Conn, ErrClosed, type IOOptions, type Listener, OpError } from '@net/contract'
import { type Handshake, Handshakes } from './handshakes.ts'
import { Lane, type LaneOwner, Op } from './lane.ts'
import { LaneListener } from './lane_listener.ts'
import { Liveness } from './liveness.ts'

const PENDING = 128 // connections not yet accepted

/**
 * A listener whose connections begin with a handshake: it shakes hands over what another one accepts, and gives the connections
 * that come of it; those that fail are hung up on and do not show. A slow client does not hold up the next one: of 128
 * handshakes the oldest makes room of the client that has the most, by its address or its /64 of IPv6, and none has more than
 * 64. Closing it closes the other listener.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { HandshakeListener } from '@net/io'
 *
 * const below = await listen('tcp', '127.0.0.1:0')
 * const listener = new HandshakeListener(below, async (conn) => {
 *   await conn.write(new TextEncoder().encode('hello'))
 *   return conn
 * })
 * const [client, server] = await Promise.all([dial('tcp', below.addr.toString()), listener.accept()])
 * console.log(await client.read(new Uint8Array(64))) // 5
 * for (const end of [client, server, listener]) await end.close()
 * ```
 */
export class HandshakeListener<C extends Conn, B extends Conn = Conn>
  extends LaneListener<C, Listener<B>['addr']>
  implements LaneOwner
{
  readonly #listener: Listener<B>
  readonly #shakeHands: (accepted: B, handshake: Handshake) => Promise<C>
  protected override readonly accepting = new Lane(this)
  readonly #ready: C[] = []
  readonly #handshakes = new Handshakes()
  #wake: () => void = () => {}
  readonly #running: Promise<void>
  readonly #liveness: Liveness
  #closed = false

  /**
   * Shakes hands by `shakeHands`, which gets a connection and its handshake. It closes the connection when it rejects; what takes
   * the connection over meanwhile sets the handshake's `conn`.
   */
  constructor(listener: Listener<B>, shakeHands: (accepted: B, handshake: Handshake) => Promise<C>) {
    super()
    this.#listener = listener
    this.#liveness = new Liveness(listener)
    this.#shakeHands = shakeHands
    // Handshakes do not wait for accept, as connections of a kernel do not.
    listener.unref()
    this.#running = this.#run()
  }

  override get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  override accept(options?: IOOptions): Promise<C> {
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
          const accepted = await this.#listener.accept()
          // One may have come while the listener was being closed.
          if (this.#closed) await accepted.close()
          else void this.#shake(accepted)
        }
      }
    } catch (e) {
      this.accepting.close(e as Error)
    }
  }

  async #shake(accepted: B): Promise<void> {
    const handshake = this.#handshakes.begin(accepted)
    // Who fails is hung up on below, and nobody is told.
    const conn = await this.#shakeHands(accepted, handshake).catch(() => null)
    handshake.leave()
    if (conn === null || this.#closed || handshake.ended) {
      await (conn ?? handshake.conn).close()
      return
    }
    this.#ready.push(conn)
    this.accepting.wake()
  }
}

class AcceptOp<C extends Conn> extends Op<C> {
  readonly #ready: C[]
  readonly #taken: () => void

  constructor(ready: C[], taken: () => void) {
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
