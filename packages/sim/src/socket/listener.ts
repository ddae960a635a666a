import type { Addr } from '@net/addr'
import type { Conn, File, IOOptions, RawConn } from '@net/contract'
import { LaneListener, type Lane } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import { HostOp } from './host_op.ts'
import type { Socket } from './socket.ts'

class AcceptOp<C> extends HostOp<C> {
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
  /** What it stands on. */
  protected readonly socket: Socket

  /** Makes an open listener. */
  constructor(socket: Socket) {
    super()
    this.socket = socket
    socket.release = async () => {
      this.release()
    }
  }

  protected get accepting(): Lane {
    return this.socket.reading
  }

  get addr(): A {
    return this.socket.remoteAddr as A
  }

  /** The next connection, or null. */
  protected abstract next(): C | null

  /** Gives back what is behind it. */
  protected abstract release(): void

  accept(options?: IOOptions): Promise<C> {
    this.socket.called()
    return this.accepting.run(new AcceptOp(() => this.next()), options)
  }

  ref(): void {
    this.socket.ref()
  }

  unref(): void {
    this.socket.unref()
  }

  close(): Promise<void> {
    return this.socket.close()
  }

  /** Rejects: a simulated host has no descriptors. */
  file(): Promise<File> {
    return Promise.reject(this.socket.opError('file', ErrUnsupported))
  }

  /** Throws: a simulated host has no descriptors. */
  syscallConn(): RawConn {
    throw this.socket.opError('raw-control', ErrUnsupported)
  }
}
