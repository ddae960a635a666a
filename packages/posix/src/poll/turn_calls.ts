import { byteLengthOf } from '@net/contract'
import { isLogging } from '@net/io'
import { IORING_OP_RECV, IORING_OP_SEND } from '../abi/io_uring.ts'
import { abi } from '../abi/system.ts'
import { ENOSYS } from '../abi/errno.ts'
import { syscallError } from '../sys/syscall.ts'
import { ENTRIES, firstPiece, IoUring, PIECE, type Call } from './io_uring.ts'

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
export const MESSAGE = PIECE

/** Looks whose calls are made one by one after a message that did not fit, as more will come that do not. */
const REST = 16

const resolved = Promise.resolve()

const nothing = new Uint8Array()

/** A read that is made together with others. */
export interface TurnRead extends Call {
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
export interface TurnWrite extends Call {
  /** Whether it has not ended meanwhile. */
  readonly isWaiting: boolean
  /** Is told what the call for `p` gave: the bytes that went, or a negated error number. */
  sent(n: number, p: Uint8Array): void
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
  #reads: TurnRead[] = []
  #writes: TurnWrite[] = []
  #parts: Uint8Array[] = [] // what each of them writes
  #least = Infinity // how many times a read is to be made at least to go together with others
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
    if (this.#rest > 0 || this.#engine === 'epoll' || isLogging) this.#least = Infinity
    else this.#least = events >= several ? 1 : several
  }

  /** Takes a read whose data is there, as often as it is to be made. Gives how often it will be; else it is to be made at once. */
  receive(read: TurnRead, times = 1): number {
    if (times < this.#least) return 0
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
    this.#least = Infinity
    if (!ring || taken.length === 0) return false
    this.sends = true
    this.#reads = []
    if (!this.#isSettling) this.#settleSoon()
    // A program that looks at a descriptor itself may have ended a read meanwhile, or transferred its buffer.
    const reads: TurnRead[] = []
    const lengths: number[] = []
    for (let i = 0; i < taken.length; i++) {
      const read = taken[i]
      const length = read?.isWaiting === true ? read.byteLength : 0
      if (read === undefined || length === 0) continue
      reads.push(read)
      lengths.push(length < MESSAGE ? length : MESSAGE)
    }
    const results = ring.make(IORING_OP_RECV, reads, lengths)
    if (this.#engine === 'auto' && results.includes(MESSAGE)) this.#rest = REST
    const { memory } = ring
    for (let i = 0; i < reads.length; i++) reads[i]?.received(results[i] ?? 0, memory, i * MESSAGE)
    for (let i = 0; i < taken.length; i++) taken[i]?.next?.()
    return true
  }

  /** Takes a write of all of `p`, at most {@link MESSAGE} bytes, that was begun while {@link sends}. */
  send(write: TurnWrite, p: Uint8Array): void {
    if (this.#writes.length === ENTRIES) this.flush()
    this.#writes.push(write)
    this.#parts.push(p)
    if (!this.#isSettling) this.#settleSoon()
  }

  /** Makes the writes that were taken. Gives whether there were any. */
  flush(): boolean {
    const ring = this.#ring
    if (!ring || this.#writes.length === 0) return false
    const writes = this.#writes
    const parts = this.#parts
    this.#writes = []
    this.#parts = []
    const made: TurnWrite[] = []
    const sent: Uint8Array[] = []
    const lengths: number[] = []
    let at = firstPiece(IORING_OP_SEND)
    for (let i = 0; i < writes.length; i++) {
      const write = writes[i]
      const p = parts[i]
      // Whose buffer was lost meanwhile fails in its next attempt.
      if (write?.isWaiting !== true || p === undefined || byteLengthOf(p) === 0) continue
      ring.memory.set(p, at)
      made.push(write)
      sent.push(p)
      lengths.push(p.byteLength)
      at += MESSAGE
    }
    const results = ring.make(IORING_OP_SEND, made, lengths)
    for (let i = 0; i < made.length; i++) made[i]?.sent(results[i] ?? 0, sent[i] ?? nothing)
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
    // What a program wrote before it ends was sent.
    process.once('exit', () => this.flush())
    return ring
  }
}
