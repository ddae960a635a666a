import type { Addr } from '@net/addr'
import { OpError } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { callError } from './errno.ts'
import { HostOp } from './host_op.ts'
import { WAIT } from './stream_op.ts'

/** A datagram that came in. */
export interface Received<A extends Addr> {
  readonly data: Uint8Array
  readonly from: A
}

/** Where datagrams come out of. */
export interface Mailbox<A extends Addr> {
  /** Takes the next one; null when there is none. */
  next(): Received<A> | null
  /** Takes the error that the network told of; null when there is none. */
  takeError(): string | null
}

/** A read of one datagram. */
export class ReceiveOp<A extends Addr, T> extends HostOp<T> {
  readonly #mailbox: Mailbox<A>
  readonly #call: string
  readonly #p: Uint8Array | null
  readonly #least: number
  readonly #finish: (received: Received<A>) => T

  /** Makes a read that gives what `finish` makes of the datagram; `p` is the buffer that it fills, or null. */
  constructor(mailbox: Mailbox<A>, call: string, p: Uint8Array | null, finish: (received: Received<A>) => T) {
    super('read')
    this.#p = p
    this.#least = Math.min(p?.byteLength ?? 0, 1)
    this.#mailbox = mailbox
    this.#call = call
    this.#finish = finish
  }

  override attempt(): boolean {
    if (this.#p !== null) checkKept(this.#p, this.#least)
    const error = this.#mailbox.takeError()
    if (error !== null) return this.fail(callError(this.#call, error))
    const received = this.#mailbox.next()
    return received !== null && this.done(this.#finish(received))
  }

  // It belongs to no peer: Go tells the address of none.
  protected override error(owner: LaneOwner, cause: Error): Error {
    const e = super.error(owner, cause)
    if (this.#call === 'read' || !(e instanceof OpError) || e.addr === null) return e
    return new OpError(this.name, e.net, e.source, null, cause)
  }
}

/** A write of one datagram. */
export class SendOp extends HostOp<number> {
  readonly #put: () => string | null
  readonly #p: Uint8Array
  readonly #length: number
  readonly #to: Addr | null
  readonly #call: string

  /** Makes a write of `p`: `put` sends it, and gives null, the name of an error, or {@link WAIT}. `to` is null for the fixed peer. */
  constructor(put: () => string | null, p: Uint8Array, to: Addr | null, call: string) {
    super('write')
    this.#put = put
    this.#p = p
    this.#length = p.byteLength
    this.#to = to
    this.#call = call
  }

  override attempt(): boolean {
    checkKept(this.#p, this.#length)
    const error = this.#put()
    if (error === WAIT) return false
    return error === null ? this.done(this.#length) : this.fail(callError(this.#call, error))
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const e = super.error(owner, cause)
    if (!(e instanceof OpError)) return e
    const error = this.#to === null ? e : new OpError(this.name, e.net, e.source, this.#to, cause)
    return Object.assign(error, { n: 0 })
  }
}
