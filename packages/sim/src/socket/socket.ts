import type { Addr } from '@net/addr'
import { ErrClosed, OpError } from '@net/contract'
import type { ConnHandle } from '@net/io'
import type { Time } from '../clock/time.ts'
import { Hold } from './hold.ts'

/** What the host of a socket knows of what is open. */
export interface Register {
  /** It is open. */
  add(hold: Hold): void
  /** It is closed. */
  delete(hold: Hold): void
}

/** An open socket of a simulated host: what a connection or a listener stands on. */
export class Socket extends Hold implements ConnHandle {
  /** Reads, receives and accepts. */
  readonly reading = this.lane()
  /** Writes and sends. */
  readonly writing = this.lane()
  /** Gives back what is behind it, when its lanes are closed: what the connection or the listener says. */
  release: () => Promise<void> = () => Promise.resolve()
  readonly #register: Register
  #closing: Promise<void> | null = null

  /** Makes an open socket. A listener's address stands where others have the remote one, as errors tell it. */
  constructor(time: Time, register: Register, net: string, localAddr: Addr | null, remoteAddr: Addr | null) {
    super(time, net, localAddr, remoteAddr)
    this.#register = register
    register.add(this)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** The error of an option. */
  optionError(cause: Error, op = 'set'): OpError {
    return new OpError(op, this.net, null, this.localAddr, cause)
  }

  /** Throws the error of an option on a closed socket. */
  checkOpen(op = 'set'): void {
    if (this.reading.closed !== null) throw this.optionError(ErrClosed, op)
  }

  #close(): Promise<void> {
    this.called()
    this.#register.delete(this)
    this.vanish(ErrClosed)
    return this.release()
  }
}
