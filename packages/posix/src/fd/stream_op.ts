import { byteLengthOf } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { EAGAIN, EINTR } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { MESSAGE, type TurnRead, type TurnWrite } from '../poll/turn_calls.ts'
import { recv, send, syscallError } from '../sys/syscall.ts'
import type { FD } from './fd.ts'
import { FDOp } from './op.ts'

/** Bytes in one read from which on data counts as streaming. */
const BULK = 32768

/**
 * Reads once. Gives the bytes read, 0 for the end of a stream or an empty packet, or a negated error number,
 * and notes what the outcome says about the next read.
 */
export function readOnce(fd: FD, p: Uint8Array): number {
  const length = byteLengthOf(p)
  fd.takeUrgent()
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
    if (this.#fitsTurn && this.fd.poller.turn.receive(this) === 1) return false
    return this.#took(readOnce(this.fd, this.#p))
  }

  received(n: number, memory: Uint8Array, at: number): void {
    if (n > 0) copyBytes(memory, at, n, this.#p)
    // An interrupted call is made again, by the next attempt.
    if (n !== EINTR) this.#took(noteRead(this.fd, Math.min(this.byteLength, MESSAGE), n))
  }

  next(): void {
    this.fd.reading.wake()
  }

  // Of a packet that is longer than the place for it the rest would be lost, and so would an urgent byte that comes before the
  // calls are made.
  get #fitsTurn(): boolean {
    const { net, expectsUrgent } = this.fd
    if (expectsUrgent) return false
    return this.byteLength <= MESSAGE || (net !== 'unixpacket' && net !== 'unixgram')
  }

  #took(n: number): boolean {
    if (n > 0) return this.done(n)
    if (n === 0) return this.done(endOf(this.fd))
    return n === EAGAIN ? false : this.fail(syscallError('read', n))
  }
}

/**
 * Copies `n` bytes of a message. A short one goes byte by byte: with a buffer made for each, echo on 100 connections was up to
 * three hundredths slower.
 */
function copyBytes(from: Uint8Array, at: number, n: number, to: Uint8Array): void {
  if (n > 128) to.set(from.subarray(at, at + n))
  else for (let i = 0; i < n; i++) to[i] = from[at + i] ?? 0
}

/** Waits for room and writes all of a buffer. */
export class WriteOp extends FDOp<number> implements TurnWrite {
  readonly #p: Uint8Array
  readonly #byteLength: number
  #n: number
  #call: 'alone' | 'together' | 'taken'

  /** Makes a write of `p` of which `n` bytes have gone; `together` tells whether its first call goes with others of the turn. */
  constructor(fd: FD, p: Uint8Array, n: number, together: boolean) {
    super('write', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#n = n
    this.#call = together ? 'together' : 'alone'
  }

  get number(): number {
    return this.fd.number
  }

  attempt(): boolean {
    if (this.#call === 'together' && this.fd.writeReady) {
      const { turn } = this.fd.poller
      // One that had to wait for a later turn goes by itself, before what came behind it.
      this.#call = turn.sends ? 'taken' : 'alone'
      if (turn.sends) turn.send(this, this.#p)
    }
    return this.#call !== 'taken' && this.#attempt()
  }

  #attempt(): boolean {
    const p = this.#p
    // A write that went in part is tried again, as only EAGAIN promises an event when there is room.
    while (this.fd.writeReady) {
      checkKept(p, this.#byteLength)
      const rest = this.#n === 0 ? p : p.subarray(this.#n)
      if (this.#took(send(this.fd.fd, rest, this.#byteLength - this.#n, abi.MSG_NOSIGNAL))) return true
    }
    return false
  }

  sent(n: number): void {
    // An interrupted call is made again, and the rest of a short one, by the next attempt.
    if (n !== EINTR) this.#took(n)
  }

  next(): void {
    this.#call = 'alone'
    this.fd.writing.wake()
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }

  // Notes what a call gave: the bytes that went or a negated error number. Gives whether the write has ended.
  #took(n: number): boolean {
    if (n === EAGAIN) this.fd.full()
    else if (n < 0) return this.fail(syscallError('write', n))
    else this.#n += n
    return this.#n >= this.#byteLength && this.done(this.#n)
  }
}
