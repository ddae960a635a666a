import type { Addr } from '@net/addr'
import { OpError, byteLengthOf } from '@net/contract'
import { checkKept, DeadlineTimer, Op, type LaneOwner } from '@net/io'
import { EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { reserveDescriptor } from '../sys/descriptor.ts'
import type { FD } from './fd.ts'
import { registerCall } from '../poll/open.ts'
import { sockaddrOut, resetLength, sockaddrIn, sockaddrInLength } from '../wire/sockaddr.ts'
import { recvfrom, sendto, syscallError } from '../sys/syscall.ts'
import { acceptSocket } from './sock_cloexec.ts'

/** An operation on a descriptor: registers it when the operation was tried in vain. */
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

  // What only waits for its turn is not registered: the kernel would look at the poller at each packet of a socket that only sends.
  override refused(): void {
    const result = this.fd.register(this.wantsRoom)
    if (result < 0) this.fail(syscallError(registerCall, result))
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
