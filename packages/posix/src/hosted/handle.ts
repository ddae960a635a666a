import type { Addr } from '@net/addr'
import { ErrClosed, OpError } from '@net/contract'
import { type ConnHandle, Lane, type LaneOwner, Liveness } from '@net/io'
import { ErrWindows } from '@net/stubs'

/**
 * What decides whether one of the host's sockets keeps the process alive, which a new one does until `unref`.
 */
export interface Refable {
  /** Lets it keep the process alive. */
  ref(): unknown
  /** Lets the process exit in spite of it. */
  unref(): unknown
}

/**
 * A socket of the host: the operations that wait on it, its addresses, and whether it keeps the process
 * alive, which it does while operations wait and at no other time.
 */
export abstract class Handle implements ConnHandle, LaneOwner {
  /** The operations that read or accept. */
  readonly reading = new Lane(this)
  /** The operations that write. */
  readonly writing = new Lane(this)
  /** The network that errors name. */
  readonly net: string
  /** The socket's own address; it stays after close. */
  readonly localAddr: Addr | null
  /** The peer's address, or null; it stays after close. */
  readonly remoteAddr: Addr | null
  readonly #liveness: Liveness
  #closing: Promise<void> | null = null

  /** Takes over a socket of the host that is ready for use. */
  protected constructor(handle: Refable, net: string, localAddr: Addr | null, remoteAddr: Addr | null) {
    this.#liveness = new Liveness(handle)
    this.net = net
    this.localAddr = localAddr
    this.remoteAddr = remoteAddr
    handle.unref()
  }

  /** Closes the host's socket, whose operations have failed already. The promise settles when it is gone. */
  protected abstract release(): Promise<void>

  /** Whether close was called. */
  get isClosed(): boolean {
    return this.#closing !== null
  }

  /** Makes the error of an operation. */
  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.localAddr, this.remoteAddr, cause)
  }

  /** Makes the error of an option, which is one of the socket and not of a direction. */
  optionError(cause: Error, op = 'set'): OpError {
    return new OpError(op, this.net, null, this.localAddr, cause)
  }

  /** Throws the error of an option of a closed socket. */
  checkOpen(op = 'set'): void {
    if (this.isClosed) throw this.optionError(ErrClosed, op)
  }

  /** Throws the error of an option that the host does not have, or of a closed socket. */
  refuse(op = 'set'): never {
    this.checkOpen(op)
    throw this.optionError(ErrWindows, op)
  }

  /** Counts the operations that wait. */
  waiting(change: 1 | -1): void {
    this.#liveness.waiting(change)
  }

  /** Waiting operations keep the process alive. */
  ref(): void {
    this.#liveness.ref()
  }

  /** Waiting operations let the process exit. */
  unref(): void {
    this.#liveness.unref()
  }

  /** Fails everything that waits, then closes the host's socket. */
  close(): Promise<void> {
    if (this.#closing === null) {
      this.reading.close()
      this.writing.close()
      this.#liveness.stop()
      this.#closing = this.release()
    }
    return this.#closing
  }
}
