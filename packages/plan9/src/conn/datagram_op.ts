import { isTypeError, OpError, SyscallError, type NetFile } from '@net/contract'
import { checkKept, Op, type LaneOwner } from '@net/io'
import type { UDPAddr } from '@net/addr'
import { udpHeaderSize } from '@net/udp-header'
import { type Datagram, messageTo } from './datagram.ts'
import { errno, plan9Error } from '../file/errors.ts'
import type { ReadAhead } from './read_ahead.ts'

const UDP_HEADER = 8 // bytes
const IPV4_HEADER = 20 // bytes

/** Waits for a datagram and hands it on. */
export class ReceiveOp<T> extends Op<T> {
  readonly #ahead: ReadAhead
  readonly #p: Uint8Array | null
  readonly #byteLength: number
  readonly #parse: (bytes: Uint8Array) => Datagram
  readonly #take: (datagram: Datagram) => T

  /**
   * Makes a read of what `ahead` gives into `p`, or into no buffer when that is null; `take` makes the result
   * of it.
   */
  constructor(
    ahead: ReadAhead,
    p: Uint8Array | null,
    parse: (bytes: Uint8Array) => Datagram,
    take: (datagram: Datagram) => T,
  ) {
    super('read')
    this.#ahead = ahead
    this.#p = p
    this.#byteLength = p?.byteLength ?? 0
    this.#parse = parse
    this.#take = take
  }

  attempt(): boolean {
    if (this.#ahead.ready && this.#p !== null) checkKept(this.#p, Math.min(this.#byteLength, 1))
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

/** The most bytes of a datagram to an address: IPv4 counts its own header in the 65,535, IPv6 does not. */
export function longestTo({ ip }: UDPAddr, network: string): number {
  const v4 = ip === null || ip.isUnspecified ? !network.endsWith('6') : ip.to4() !== null
  return 65_535 - UDP_HEADER - (v4 ? IPV4_HEADER : 0)
}

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
      // What is wrong with the buffer is the caller's to know as it is.
      if (isTypeError(e)) op.cancel(e)
      else op.fail(plan9Error('write', e, true))
    }
    this.#pending--
    this.#pump()
  }
}

/** Writes a datagram and waits for the tree's answer, which alone tells whether it was taken. */
export class SendOp extends Op<number> {
  /** The bytes of the datagram. */
  readonly length: number
  readonly #sender: Sender
  readonly #p: Uint8Array
  readonly #local: UDPAddr
  readonly #to: UDPAddr | null
  readonly #longest: number

  /**
   * Makes a write of `p` from `local` to `to`, or to the fixed peer when that is null, as a datagram of at
   * most `longest` bytes. A datagram with an address travels behind a header.
   */
  constructor(sender: Sender, p: Uint8Array, local: UDPAddr, to: UDPAddr | null, longest: number) {
    super('write')
    this.#sender = sender
    this.#p = p
    this.#local = local
    this.#to = to
    this.#longest = longest
    this.length = p.byteLength
  }

  /**
   * Makes the message to write, of the bytes as they are then. Throws a TypeError when some of them have
   * gone.
   */
  message(): Uint8Array {
    checkKept(this.#p, this.length)
    return this.#to === null ? this.#p.slice() : messageTo(this.#p, this.#local, this.#to)
  }

  attempt(): boolean {
    const size = this.length + (this.#to === null ? 0 : udpHeaderSize)
    const fits = this.length <= this.#longest && size <= this.#sender.most
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
