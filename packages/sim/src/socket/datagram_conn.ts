import type { Addr } from '@net/addr'
import { checkBuffer, ErrWriteToConnected, OpError, type IOOptions, isTypeError } from '@net/contract'
import { isOver, untilClosed } from '@net/io'
import { SimSocket } from './conn.ts'
import { ReceiveOp, SendOp, type Mailbox, type Received } from './datagram_op.ts'
import { callError } from './errno.ts'

/** The part of `received` that fits into a buffer, copied there; gives its length. */
export function copyInto(p: Uint8Array, { data }: Received<Addr>): number {
  const part = data.subarray(0, p.byteLength)
  p.set(part)
  return part.byteLength
}

/** A socket that exchanges datagrams, with one peer or any. */
export abstract class DatagramConn<A extends Addr> extends SimSocket<A> {
  /** Where they come out of. */
  protected abstract readonly mailbox: Mailbox<A>
  /** Whether there is one fixed peer. */
  protected abstract readonly isConnected: boolean
  /** The peer that stands for none. */
  protected abstract readonly noPeer: A

  /** Sends a copy of a datagram; null is the fixed peer. Gives null, the name of an error, or that it has to wait. */
  protected abstract put(p: Uint8Array, to: A | null): string | null
  /** The error of an address that is none of this kind, or that cannot be sent to; else null. */
  protected abstract checkAddr(addr: unknown): Error | null

  get addr(): A {
    return this.localAddr
  }

  get remoteAddr(): A {
    return (this.hold.remoteAddr as A | null) ?? this.noPeer
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    if (p.byteLength === 0 && this.reading.closed === null && !isOver(options)) return Promise.resolve(0)
    return this.reading.run(
      new ReceiveOp(this.mailbox, 'read', p, (received) => copyInto(p, received)),
      options,
    )
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    if (!this.isConnected && this.writing.closed === null)
      return Promise.reject(this.hold.opError('write', callError('write', 'EDESTADDRREQ')))
    return this.writing.run(new SendOp(() => this.put(p, null), p, null, 'write'), options)
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: A]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    return this.receiveWith(p, (received) => [copyInto(p, received), received.from], options)
  }

  writeTo(p: Uint8Array, addr: A, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? this.checkAddr(addr)
    if (isTypeError(wrong)) return Promise.reject(wrong)
    const error = (cause: Error): OpError =>
      Object.assign(new OpError('write', this.hold.net, this.localAddr, addr, cause), { n: 0 })
    if (wrong !== null) return Promise.reject(error(wrong))
    this.hold.called()
    if (this.isConnected) return Promise.reject(error(this.writing.closed ?? ErrWriteToConnected))
    return this.writing.run(new SendOp(() => this.put(p, addr), p, addr, 'sendto'), options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, A]> {
    if (p === undefined) return await this.receiveWith(null, ({ data, from }) => [new Uint8Array(data), from])
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: A): Promise<number> {
    return this.writeTo(p, addr)
  }

  [Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, A], void, undefined> {
    return untilClosed(() => this.receive())
  }

  /** Reads a datagram into `p`, if there is one, and gives what `finish` makes of it. */
  protected receiveWith<T>(
    p: Uint8Array | null,
    finish: (received: Received<A>) => T,
    options?: IOOptions,
  ): Promise<T> {
    this.hold.called()
    return this.reading.run(new ReceiveOp(this.mailbox, 'recvfrom', p, finish), options)
  }
}
