import type { Addr } from '@net/addr'
import { ErrClosed, OpError, type File, type RawConn } from '@net/contract'
import { Lane, LaneConn, type Lanes } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import type { Hold } from './hold.ts'

/** What the host of a socket knows of those that are open. */
export interface Register {
  /** It is open. */
  add(hold: Hold): void
  /** It is closed. */
  delete(hold: Hold): void
}

/** A socket of a simulated host, connected or not: its two lanes, and what it refuses. */
export abstract class SimSocket<A extends Addr> extends LaneConn {
  /** What its lanes share. */
  protected readonly hold: Hold
  /** Reads and receives. */
  protected readonly reading: Lane
  /** Writes and sends. */
  protected readonly writing: Lane
  protected readonly lanes: Lanes
  readonly #register: Register
  #closing: Promise<void> | null = null

  /** Makes an open socket. */
  constructor(hold: Hold, register: Register) {
    super()
    this.hold = hold
    this.reading = new Lane(hold)
    this.writing = new Lane(hold)
    this.lanes = { reading: this.reading, writing: this.writing }
    this.#register = register
    register.add(hold)
  }

  get localAddr(): A {
    return this.hold.localAddr as A
  }

  /** Gives back what is behind it. The lanes are closed. */
  protected abstract release(): Promise<void>

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  ref(): void {
    this.hold.ref()
  }

  unref(): void {
    this.hold.unref()
  }

  /** Rejects: a simulated host has no descriptors. */
  file(): Promise<File> {
    return Promise.reject(this.hold.opError('file', ErrUnsupported))
  }

  /** Throws: a simulated host has no descriptors. */
  syscallConn(): RawConn {
    throw this.hold.opError('raw-control', ErrUnsupported)
  }

  /** Throws the error of an option on a closed socket. */
  protected checkOpen(op = 'set'): void {
    if (this.reading.closed !== null) throw this.setError(ErrClosed, op)
  }

  /** The error of an option. */
  protected setError(cause: Error, op = 'set'): OpError {
    return new OpError(op, this.hold.net, null, this.hold.localAddr, cause)
  }

  #close(): Promise<void> {
    this.hold.called()
    this.#register.delete(this.hold)
    this.reading.close()
    this.writing.close()
    return this.release()
  }
}
