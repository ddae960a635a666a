import { OpError, SyscallError, type NetFile } from '@net/contract'
import { Op, type LaneOwner } from '@net/io'
import type { UDPAddr } from '@net/addr'
import { type Datagram } from './datagram.ts'
import { errno, plan9Error } from './errors.ts'
import type { ReadAhead } from './read_ahead.ts'

/** Waits for a datagram and hands it on. */
export class ReceiveOp<T> extends Op<T> {
  readonly #ahead: ReadAhead
  readonly #parse: (bytes: Uint8Array) => Datagram
  readonly #take: (datagram: Datagram) => T

  /** Makes a read of what `ahead` gives, which `take` makes the result of. */
  constructor(ahead: ReadAhead, parse: (bytes: Uint8Array) => Datagram, take: (datagram: Datagram) => T) {
    super('read')
    this.#ahead = ahead
    this.#parse = parse
    this.#take = take
  }

  attempt(): boolean {
    const bytes = this.#ahead.datagram()
    if (bytes !== null) {
      let datagram: Datagram
      try {
        datagram = this.#parse(bytes)
      } catch (e) {
        return this.fail(e as Error)
      }
      return this.done(this.#take(datagram))
    }
    const error = this.#ahead.takeError()
    if (error !== null) return this.fail(error)
    this.#ahead.ask()
    return false
  }
}

const LONGEST = 65_535 - 8 // bytes of a datagram after UDP's own header; of IPv4 20 less

/** The datagrams to write, some of them outstanding. */
export class Sender {
  readonly #file: NetFile
  readonly #queue: SendOp[] = []
  #pending = 0

  /** Writes to `file`. */
  constructor(file: NetFile) {
    this.#file = file
  }

  /** The most bytes that a message has. */
  get most(): number {
    return this.#file.ioSize ?? Infinity
  }

  /** Writes the message of an operation when its turn comes, unless it has ended by then. */
  add(op: SendOp): void {
    this.#queue.push(op)
    this.#pump()
  }

  #pump(): void {
    while (this.#pending < (this.#file.outstanding ?? 1)) {
      const op = this.#queue.shift()
      if (op === undefined) return
      if (op.isWaiting) void this.#send(op)
    }
  }

  async #send(op: SendOp): Promise<void> {
    this.#pending++
    try {
      await this.#file.write(op.message())
      op.done(op.length)
    } catch (e) {
      op.fail(plan9Error('write', e, true))
    }
    this.#pending--
    this.#pump()
  }
}

/** Writes a datagram and waits for the tree's answer, which alone tells whether it was taken. */
export class SendOp extends Op<number> {
  /** The bytes of the datagram. */
  readonly length: number
  /** Makes the message to write, of the bytes as they are then. */
  readonly message: () => Uint8Array
  readonly #sender: Sender
  readonly #to: UDPAddr | null
  readonly #size: number

  /** Makes a write of `length` bytes in a message of `size` to `to`, which errors name; null is the fixed peer. */
  constructor(sender: Sender, message: () => Uint8Array, length: number, size: number, to: UDPAddr | null) {
    super('write')
    this.#sender = sender
    this.message = message
    this.length = length
    this.#size = size
    this.#to = to
  }

  attempt(): boolean {
    const fits = this.length <= LONGEST && this.#size <= this.#sender.most
    return !fits && this.fail(new SyscallError('write', errno('EMSGSIZE')))
  }

  override parked(): void {
    this.#sender.add(this)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const e = owner.opError(this.name, cause)
    if (!(e instanceof OpError)) return e
    const { net, source, addr } = e
    return Object.assign(new OpError(this.name, net, source, this.#to ?? addr, cause), { n: 0 })
  }
}
