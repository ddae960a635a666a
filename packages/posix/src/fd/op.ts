import type { Addr } from '@net/addr'
import { OpError, byteLengthOf } from '@net/contract'
import { checkKept, DeadlineTimer, Op, type LaneOwner } from '@net/io'
import { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { reserveDescriptor } from '../sys/descriptor.ts'
import type { FD } from './fd.ts'
import { registerCall } from '../poll/open.ts'
import { copyBytes, MESSAGE, type TurnRead } from '../poll/turn_calls.ts'
import { sockaddrOut, resetLength, sockaddrIn, sockaddrInLength } from '../wire/sockaddr.ts'
import { recv, recvfrom, send, sendto, syscallError } from '../sys/syscall.ts'
import { acceptSocket } from './sock_cloexec.ts'

/** Bytes in one read from which on data counts as streaming. */
const BULK = 32768

/** An operation on a descriptor: registers it when the operation has to wait. */
export abstract class FDOp<T> extends Op<T> {
  /** The descriptor. */
  protected readonly fd: FD

  /** Makes an operation on `fd` that errors call `name`. */
  constructor(name: string, fd: FD) {
    super(name)
    this.fd = fd
  }

  /** Whether it waits for room. */
  protected get wantsRoom(): boolean {
    return !this.fd.writeReady
  }

  override parked(): void {
    this.refused()
  }

  // A write may have begun to wait for its turn, and only now waits for room.
  override refused(): void {
    const result = this.fd.register(this.wantsRoom)
    if (result < 0) this.fail(syscallError(registerCall, result))
  }
}

/**
 * Reads once. Gives the bytes read, 0 for the end of a stream or an empty packet, or a negated error number,
 * and notes what the outcome says about the next read.
 */
export function readOnce(fd: FD, p: Uint8Array): number {
  const length = byteLengthOf(p)
  return noteRead(fd, length, recv(fd.fd, p, length, 0))
}

function noteRead(fd: FD, length: number, n: number): number {
  if (n === EAGAIN) fd.readReady = false
  else if (n >= BULK) fd.poller.bulk()
  // A stream that gave less than the buffer takes is empty, and an event will come with more data.
  else if (n > 0 && n < length && !fd.exception) fd.readReady = false
  return n
}

/** What a read gives that got no bytes: those of datagrams come one packet at a time, and one may be empty. */
export function endOf({ net }: FD): number | null {
  return net === 'unixgram' ? 0 : null
}

/** Waits for data and reads it. */
export class ReadOp extends FDOp<number | null> implements TurnRead {
  readonly #p: Uint8Array

  /** Makes a read into `p`. */
  constructor(fd: FD, p: Uint8Array) {
    super('read', fd)
    this.#p = p
  }

  get number(): number {
    return this.fd.number
  }

  get byteLength(): number {
    return byteLengthOf(this.#p)
  }

  attempt(): boolean {
    if (!this.fd.readReady) return false
    checkKept(this.#p, 1)
    if (this.#fitsTurn && this.fd.poller.turn.receive(this)) return false
    return this.#took(readOnce(this.fd, this.#p))
  }

  received(n: number, memory: Uint8Array, at: number): void {
    if (n > 0) copyBytes(memory, at, this.#p, 0, n)
    // An interrupted call is made again, by the next attempt.
    if (n !== EINTR) this.#took(noteRead(this.fd, Math.min(this.byteLength, MESSAGE), n))
  }

  next(): void {
    this.fd.reading.wake()
  }

  // Of a packet that is longer than the place for it the rest would be lost.
  get #fitsTurn(): boolean {
    const { net } = this.fd
    return this.byteLength <= MESSAGE || (net !== 'unixpacket' && net !== 'unixgram')
  }

  #took(n: number): boolean {
    if (n > 0) return this.done(n)
    if (n === 0) return this.done(endOf(this.fd))
    return n === EAGAIN ? false : this.fail(syscallError('read', n))
  }
}

/** Waits for room and writes all of a buffer. */
export class WriteOp extends FDOp<number> {
  /** What is written. */
  protected readonly p: Uint8Array
  /** How many bytes that were when it was made. */
  protected readonly byteLength: number
  #n: number

  /** Makes a write of `p` of which `n` bytes have gone. */
  constructor(fd: FD, p: Uint8Array, n: number) {
    super('write', fd)
    this.p = p
    this.byteLength = byteLengthOf(p)
    this.#n = n
  }

  attempt(): boolean {
    const { p } = this
    // A write that went in part is tried again, as only EAGAIN promises an event when there is room.
    while (this.fd.writeReady) {
      checkKept(p, this.byteLength)
      const rest = this.#n === 0 ? p : p.subarray(this.#n)
      if (this.took(send(this.fd.fd, rest, this.byteLength - this.#n, abi.MSG_NOSIGNAL))) return true
    }
    return false
  }

  /** Notes what a call gave: the bytes that went or a negated error number. Gives whether the write has ended. */
  protected took(n: number): boolean {
    if (n === EAGAIN) this.fd.full()
    else if (n < 0) return this.fail(syscallError('write', n))
    else this.#n += n
    return this.#n >= this.byteLength && this.done(this.#n)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }
}

/**
 * Receives a packet once, its sender's address into {@link sockaddrIn}. Gives its bytes or a negated error
 * number.
 */
export function receiveOnce(fd: FD, p: Uint8Array): number {
  resetLength()
  const n = recvfrom(fd.fd, p, byteLengthOf(p), 0, sockaddrIn, sockaddrInLength)
  if (n === EAGAIN) fd.readReady = false
  return n
}

/**
 * Sends a packet once, to the address of `length` bytes in {@link sockaddrOut}. Gives its bytes or a negated
 * error number.
 */
export function sendOnce(fd: FD, p: Uint8Array, length: number): number {
  const n = sendto(fd.fd, p, byteLengthOf(p), abi.MSG_NOSIGNAL, sockaddrOut, length)
  if (n === EAGAIN) fd.writeReady = false
  return n
}

/**
 * Waits for a packet, reads it, and gives what `finish` makes of its length and of the sender's address in
 * {@link sockaddrIn}.
 */
export class ReceiveOp<T> extends FDOp<T> {
  readonly #p: Uint8Array
  readonly #caller: Uint8Array
  readonly #byteLength: number
  readonly #finish: (n: number) => T

  /** Makes a receive into `p`, which is the caller's own buffer unless `finish` copies from there to that one. */
  constructor(fd: FD, p: Uint8Array, finish: (n: number) => T, caller = p) {
    super('read', fd)
    this.#p = p
    this.#caller = caller
    this.#byteLength = byteLengthOf(caller)
    this.#finish = finish
  }

  attempt(): boolean {
    if (!this.fd.readReady) return false
    checkKept(this.#caller, Math.min(this.#byteLength, 1))
    const n = receiveOnce(this.fd, this.#p)
    if (n >= 0) return this.done(this.#finish(n))
    return n === EAGAIN ? false : this.fail(syscallError('recvfrom', n))
  }
}

/** Waits for room and sends a packet. */
export class SendOp extends FDOp<number> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #addr: Addr
  readonly #put: () => number

  /**
   * Makes a send of `p` to `addr`, which `put` puts into {@link sockaddrOut}, giving its length; what it
   * throws fails the send.
   */
  constructor(fd: FD, p: Uint8Array, addr: Addr, put: () => number) {
    super('write', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#addr = addr
    this.#put = put
  }

  attempt(): boolean {
    if (!this.fd.writeReady) return false
    checkKept(this.#p, this.#byteLength)
    let length: number
    try {
      length = this.#put()
    } catch (e) {
      return this.fail(e as Error)
    }
    const n = sendOnce(this.fd, this.#p, length)
    if (n >= 0) return this.done(n)
    return n === EAGAIN ? false : this.fail(syscallError('sendto', n))
  }

  protected override error(_owner: LaneOwner, cause: Error): Error {
    return new OpError(this.name, this.fd.net, this.fd.localAddr, this.#addr, cause)
  }
}

const BACKOFF_MIN = 5 // milliseconds
const BACKOFF_MAX = 1000 // milliseconds

const starved = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM])
/**
 * Waits for a connection and accepts it. Connections that died in the queue are passed over. When the system
 * has no descriptor left it tries again after a while, longer each time: the connection stays in the queue.
 */
export class AcceptOp<C> extends FDOp<C> {
  readonly #make: (fd: number) => C
  #backoff = 0
  #timer: DeadlineTimer | null = null

  /** Makes an accept whose descriptor `make` turns into a connection. */
  constructor(fd: FD, make: (fd: number) => C) {
    super('accept', fd)
    this.#make = make
  }

  attempt(): boolean {
    if (!this.fd.readReady || this.#resting()) return false
    this.fd.keepNonblocking()
    for (;;) {
      const reserved = reserveDescriptor()
      const n = reserved < 0 ? reserved : acceptSocket(this.fd.fd)
      if (n >= 0) {
        this.#timer?.clear()
        return this.done(this.#make(n))
      }
      if (n === ECONNABORTED) continue
      if (n === EAGAIN) {
        this.fd.readReady = false
        return false
      }
      if (!starved.has(n)) return this.fail(syscallError(abi.has.accept4 ? 'accept4' : 'accept', n))
      this.#backoff = Math.min(this.#backoff * 2 || BACKOFF_MIN, BACKOFF_MAX)
      this.#timer ??= new DeadlineTimer(() => {
        if (this.isWaiting) this.fd.reading.wake()
      })
      this.#timer.set(performance.now() + this.#backoff)
      return false
    }
  }

  protected override error(_owner: LaneOwner, cause: Error): Error {
    return new OpError(this.name, this.fd.net, null, this.fd.localAddr, cause)
  }

  #resting(): boolean {
    return this.#timer !== null && this.#timer.at > performance.now()
  }
}
