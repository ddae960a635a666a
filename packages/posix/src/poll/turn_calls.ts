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

/** A read or write that waits, and is made together with others. */
export interface TurnCall {
  /** The number of its descriptor. */
  readonly number: number
  /** Lets it, if it waits still, and what waits behind it try again. All that were made have been told before. */
  next(): void
}

/** A read that is made together with others. */
export interface TurnRead extends TurnCall {
  /** How many bytes it takes. */
  readonly byteLength: number
  /** Whether it has not ended meanwhile. */
  readonly isWaiting: boolean
  /** Is told what its call gave: `n` bytes at `at` in `memory`, or a negated error number. */
  received(n: number, memory: Uint8Array, at: number): void
}

/** A write that is made together with others. */
export interface TurnWrite extends TurnCall {
  /** Copies its bytes to `at` in `memory`. Gives how many, and 0 when it is not to be made any more. */
  put(memory: Uint8Array, at: number): number
  /** Is told what its call gave: the bytes that went, or a negated error number. */
  sent(n: number): void
}

/**
 * The receives and sends of a turn, made together by io_uring: one system call receives for all connections that have data, another
 * sends what the program answers them until its microtasks have run. Nothing is received before a read wants it, and nothing is
 * under way when the call is over. An answer to one of a thousand connections takes a third less processor time (docs/floors.md).
 */
export class TurnCalls {
  #engine: Engine = 'auto'
  #ring: IoUring | null | undefined // undefined until it is needed, null where the kernel refuses it
  #memory = new Uint8Array() // what is received, then what is sent
  #address = 0
  #reads: TurnRead[] = []
  #writes: TurnWrite[] = []
  #receives = false
  #sends = false
  #isSettling = false // whether it is settled when the microtasks have run
  #rest = 0 // looks to come whose calls are made one by one, as a message was long

  /** Sets how calls are made. Throws a TypeError for what is no engine, and the kernel's refusal of io_uring by name. */
  set(engine: Engine): void {
    if (!engines.includes(engine)) throw new TypeError(`engine must be one of ${engines.join(', ')}`)
    if (engine === 'io_uring') this.#ring ??= this.#open()
    this.#engine = engine
    this.#rest = 0
  }

  /** Whether writes are taken: from the delivery of several reads until what they led to was sent. */
  get sends(): boolean {
    return this.#sends
  }

  /** So many events are to be delivered. */
  begin(events: number): void {
    const several = this.#engine === 'io_uring' ? 1 : SEVERAL
    if (this.#rest > 0) this.#rest--
    this.#receives = events >= several && this.#rest === 0 && this.#engine !== 'epoll' && !isLogging
  }

  /** Takes a read whose data is there. Gives false when it is to be made at once. */
  receive(read: TurnRead): boolean {
    if (!this.#receives || this.#reads.length === ENTRIES || !this.#isOpen()) return false
    this.#reads.push(read)
    return true
  }

  /** The events are delivered: makes the reads. Gives whether there were any. */
  end(): boolean {
    const taken = this.#reads
    const ring = this.#ring
    this.#receives = false
    if (!ring || taken.length === 0) return false
    this.#sends = true
    this.#reads = []
    this.#settleSoon()
    // A program that looks at a descriptor itself may have ended a read meanwhile, or transferred its buffer.
    const reads = taken.filter(({ isWaiting, byteLength }) => isWaiting && byteLength > 0)
    reads.forEach(({ number, byteLength }, i) => {
      const at = this.#address + i * MESSAGE
      ring.add(ioUring.IORING_OP_RECV, number, at, Math.min(byteLength, MESSAGE), 0)
    })
    const results = ring.enter()
    if (this.#engine === 'auto' && results.includes(MESSAGE)) this.#rest = REST
    reads.forEach((read, i) => {
      read.received(results[i] ?? 0, this.#memory, i * MESSAGE)
    })
    for (const read of taken) read.next()
    return true
  }

  /** Takes a write of at most {@link MESSAGE} bytes that was begun while {@link sends}. */
  send(write: TurnWrite): void {
    if (this.#writes.length === ENTRIES) this.flush()
    this.#writes.push(write)
    this.#settleSoon()
  }

  /** Makes the writes that were taken. Gives whether there were any. */
  flush(): boolean {
    const ring = this.#ring
    if (!ring || this.#writes.length === 0) return false
    const writes = this.#writes
    this.#writes = []
    const made = []
    let at = BYTES
    for (const write of writes) {
      const length = write.put(this.#memory, at)
      if (length === 0) continue
      ring.add(ioUring.IORING_OP_SEND, write.number, this.#address + at, length, abi.MSG_NOSIGNAL)
      made.push(write)
      at += MESSAGE
    }
    const results = ring.enter()
    made.forEach((write, i) => {
      write.sent(results[i] ?? 0)
    })
    for (const write of writes) write.next()
    return true
  }

  // Node runs a tick queued by a microtask after all of the user's microtasks.
  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    void resolved.then(this.#afterMicrotasks)
  }

  readonly #afterMicrotasks = (): void => {
    process.nextTick(this.#settle)
  }

  // What follows a write in the program may write, too: no more are taken only when there were none.
  readonly #settle = (): void => {
    this.#isSettling = false
    this.#sends = this.flush()
    if (this.#sends) this.#settleSoon()
  }

  #isOpen(): boolean {
    if (this.#ring === undefined) {
      try {
        this.#ring = this.#open()
      } catch {
        this.#ring = null // Many a container forbids io_uring, and old kernels have none of this kind.
      }
    }
    return this.#ring !== null
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
