import type { Addr } from '@net/addr'
import { OpError, type Conn, type File, type IOOptions, type RawConn } from '@net/contract'
import { Lane, LaneListener, Op } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import type { Register } from './conn.ts'
import type { Hold } from './hold.ts'

class AcceptOp<C> extends Op<C> {
  readonly #next: () => C | null

  constructor(next: () => C | null) {
    super('accept')
    this.#next = next
  }

  override attempt(): boolean {
    const c = this.#next()
    return c !== null && this.done(c)
  }
}

/** A listener of a simulated host. */
export abstract class SimListener<C extends Conn, A extends Addr> extends LaneListener<C, A> {
  /** What its lane has of it; the address stands where others have the remote one, as errors tell it. */
  protected readonly hold: Hold
  protected readonly accepting: Lane
  readonly #register: Register

  /** Makes an open listener. */
  constructor(hold: Hold, register: Register) {
    super()
    this.hold = hold
    this.accepting = new Lane(hold)
    this.#register = register
    register.add(hold)
  }

  get addr(): A {
    return this.hold.remoteAddr as A
  }

  /** The next connection, or null. */
  protected abstract next(): C | null

  /** Gives back what is behind it. */
  protected abstract release(): void

  accept(options?: IOOptions): Promise<C> {
    this.hold.called()
    return this.accepting.run(new AcceptOp(() => this.next()), options)
  }

  ref(): void {
    this.hold.ref()
  }

  unref(): void {
    this.hold.unref()
  }

  close(): Promise<void> {
    if (this.accepting.closed !== null) return Promise.resolve()
    this.hold.called()
    this.#register.delete(this.hold)
    this.accepting.close()
    this.release()
    return Promise.resolve()
  }

  /** Rejects: a simulated host has no descriptors. */
  file(): Promise<File> {
    return Promise.reject(new OpError('file', this.hold.net, null, this.addr, ErrUnsupported))
  }

  /** Throws: a simulated host has no descriptors. */
  syscallConn(): RawConn {
    throw new OpError('raw-control', this.hold.net, null, this.addr, ErrUnsupported)
  }
}
