import { isLogging } from '@net/io'
import { abi } from '../abi/system.ts'
import { ENOSYS } from '../abi/errno.ts'
import { ffi } from '../sys/ffi.ts'
import { syscallError } from '../sys/syscall.ts'
import { ENTRIES, IoUring, ioUring } from './io_uring.ts'

/**
 * How a thread's sockets receive and send: 'epoll' by a system call each, 'io_uring' by one for all that have something to do in a
 * turn, 'auto' in the latter way where there are several and the kernel allows it.
 */
export type Engine = 'auto' | 'epoll' | 'io_uring'

const engines: readonly Engine[] = ['auto', 'epoll', 'io_uring']

/**
 * Events of one look from which on what they lead to is done together. Two connections that echo take as much processor time as by a
 * call each on a machine that is idle otherwise, and a third less on a busy one; one by itself takes half as much again.
 */
const SEVERAL = 2

/** The longest message that is done together with others, in bytes: it is copied. */
export const MESSAGE = 2048

/** Looks whose calls are made one by one after a message that did not fit, as more will come that do not. */
const REST = 16

const BYTES = ENTRIES * MESSAGE

const resolved = Promise.resolve()

/** A read that is made together with others. */
export interface TurnRead {
  /** The number of its descriptor. */
  readonly number: number
  /** How many bytes it takes. */
  readonly byteLength: number
  /** Whether it has not ended meanwhile. */
  readonly isWaiting: boolean
  /** Is told what its call gave: `n` bytes at `at` in `memory`, or a negated error number. */
  received(n: number, memory: Uint8Array, at: number): void
  /** Lets it, if it waits still, and what waits behind it try again; absent where nothing does. All that were made have been told before. */
  next?(): void
}

/** A write that is made together with others. */
export interface TurnWrite {
  /** The number of its descriptor. */
  readonly number: number
  /** Copies its bytes to `at` in `memory`. Gives how many, and 0 when it is not to be made any more. */
  put(memory: Uint8Array, at: number): number
  /** Is told what its call gave: the bytes that went, or a negated error number. */
  sent(n: number): void
  /** Lets it, if it waits still, and what waits behind it try again; absent where nothing does. All that were made have been told before. */
  next?(): void
}

/**
 * The receives and sends of a turn, made together by io_uring: one system call receives for all connections that have data, another
 * sends what the program answers them until its microtasks have run. Nothing is received before a read wants it, and nothing is
 * under way when the call is over. An answer to one of a thousand connections takes a third less processor time (docs/floors.md).
 */
export class TurnCalls {
  /** Whether writes are taken: from the delivery of several reads until what they led to was sent. Only this class sets it. */
  sends = false
  #engine: Engine = 'auto'
  #ring: IoUring | null | undefined // undefined until it is needed, null where the kernel refuses it
  #memory = new Uint8Array() // what is received, then what is sent
  #address = 0
  #reads: TurnRead[] = []
  #writes: TurnWrite[] = []
  #receives = false
  #isSettling = false // whether it is settled when the microtasks have run
  #rest = 0 // looks to come whose calls are made one by one, as a message was long

  /** Sets how calls are made. Throws a TypeError for what is no engine, and the kernel's refusal of io_uring by name. */
  set(engine: Engine): void {
    if (!engines.includes(engine)) throw new TypeError(`engine must be one of ${engines.join(', ')}`)
    if (engine === 'io_uring') this.#ring ??= this.#open()
    this.#engine = engine
    this.#rest = 0
  }

  /** So many events are to be delivered. */
  begin(events: number): void {
    const several = this.#engine === 'io_uring' ? 1 : SEVERAL
    if (this.#rest > 0) this.#rest--
    this.#receives = events >= several && this.#rest === 0 && this.#engine !== 'epoll' && !isLogging
  }

  /** Takes a read whose data is there, as often as it is to be made. Gives how often it will be; else it is to be made at once. */
  receive(read: TurnRead, times = 1): number {
    if (!this.#receives) return 0
    if (this.#ring === undefined) this.#tryOpen()
    if (this.#ring === null) return 0
    const reads = this.#reads
    const before = reads.length
    const after = Math.min(before + times, ENTRIES)
    while (reads.length < after) reads.push(read)
    return after - before
  }

  /** The events are delivered: makes the reads. Gives whether there were any. */
  end(): boolean {
    const taken = this.#reads
    const ring = this.#ring
    this.#receives = false
    if (!ring || taken.length === 0) return false
    this.sends = true
    this.#reads = []
    if (!this.#isSettling) this.#settleSoon()
    // A program that looks at a descriptor itself may have ended a read meanwhile, or transferred its buffer.
    const reads: TurnRead[] = []
    let address = this.#address
    for (let i = 0; i < taken.length; i++) {
      const read = taken[i]
      const length = read?.isWaiting === true ? read.byteLength : 0
      if (read === undefined || length === 0) continue
      ring.add(ioUring.IORING_OP_RECV, read.number, address, length < MESSAGE ? length : MESSAGE, 0)
      address += MESSAGE
      reads.push(read)
    }
    const results = ring.enter()
    if (this.#engine === 'auto' && results.includes(MESSAGE)) this.#rest = REST
    const memory = this.#memory
    for (let i = 0; i < reads.length; i++) reads[i]?.received(results[i] ?? 0, memory, i * MESSAGE)
    for (let i = 0; i < taken.length; i++) taken[i]?.next?.()
    return true
  }

  /** Takes a write of at most {@link MESSAGE} bytes that was begun while {@link sends}. */
  send(write: TurnWrite): void {
    if (this.#writes.length === ENTRIES) this.flush()
    this.#writes.push(write)
    if (!this.#isSettling) this.#settleSoon()
  }

  /** Makes the writes that were taken. Gives whether there were any. */
  flush(): boolean {
    const ring = this.#ring
    if (!ring || this.#writes.length === 0) return false
    const writes = this.#writes
    this.#writes = []
    const made: TurnWrite[] = []
    let at = BYTES
    for (let i = 0; i < writes.length; i++) {
      const write = writes[i]
      const length = write?.put(this.#memory, at) ?? 0
      if (write === undefined || length === 0) continue
      ring.add(ioUring.IORING_OP_SEND, write.number, this.#address + at, length, abi.MSG_NOSIGNAL)
      made.push(write)
      at += MESSAGE
    }
    const results = ring.enter()
    for (let i = 0; i < made.length; i++) made[i]?.sent(results[i] ?? 0)
    for (let i = 0; i < writes.length; i++) writes[i]?.next?.()
    return true
  }

  // Node runs a tick queued by a microtask after all of the user's microtasks.
  #settleSoon(): void {
    this.#isSettling = true
    void resolved.then(this.#afterMicrotasks)
  }

  readonly #afterMicrotasks = (): void => {
    process.nextTick(this.#settle)
  }

  // What follows a write in the program may write, too: no more are taken only when there were none.
  readonly #settle = (): void => {
    this.#isSettling = false
    this.sends = this.flush()
    if (this.sends) this.#settleSoon()
  }

  #tryOpen(): void {
    try {
      this.#ring = this.#open()
    } catch {
      this.#ring = null // Many a container forbids io_uring, and old kernels have none of this kind.
    }
  }

  #open(): IoUring {
    if (abi.kernel !== 'linux') throw syscallError('io_uring_setup', ENOSYS)
    const ring = new IoUring()
    this.#memory = new Uint8Array(2 * BYTES)
    this.#address = Number(ffi().address(this.#memory))
    // What a program wrote before it ends was sent.
    process.once('exit', () => this.flush())
    return ring
  }
}

/**
 * Copies `n` bytes of a message. A short part goes byte by byte: with a buffer made for each, echo on 100 connections was up to
 * three hundredths slower.
 */
export function copyBytes(from: Uint8Array, at: number, to: Uint8Array, toAt: number, n: number): void {
  if (n === from.byteLength) to.set(from, toAt)
  else if (n > 128) to.set(from.subarray(at, at + n), toAt)
  else for (let i = 0; i < n; i++) to[toAt + i] = from[at + i] ?? 0
}
