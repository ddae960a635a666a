import { ErrClosed, ErrDeadlineExceeded, type Deadline, type IOOptions } from '@net/contract'
import { checkTimeout, deadlineAt, DeadlineTimer, timeoutAt } from './deadline.ts'
import { endingOf, type Ended, type Ending } from './ending.ts'
import { isLaneFollowed, noteLane, tracedClose, tracedOp } from './lane_trace.ts'
import { rejected } from './rejected.ts'
import { areLanesFree, deferToNextTurn, isTurnOver, type Deferred } from './turn.ts'

/** What a lane needs of the connection or listener it belongs to. */
export interface LaneOwner {
  /** Makes the error of an operation: usually an {@link OpError} with the owner's network and addresses. */
  opError(op: string, cause: Error): Error
  /** Told when an operation begins (1) or stops (-1) to wait, so that waiting can keep the process alive. */
  waiting(change: 1 | -1): void
}

// A lane and its operations give each other, within this file alone, a hold on their private parts.
let operations: {
  begin<T>(op: Op<T>, lane: Lane, resolve: (value: T) => void): void
  queue(op: Op<unknown>, last: Op<unknown> | null): void
  next(op: Op<unknown>): Op<unknown> | null
  previous(op: Op<unknown>): Op<unknown> | null
  unlink(op: Op<unknown>): void
  limit(op: Op<unknown>, ending: Ending | null, at: number): void
}
let leaveLane: (lane: Lane, op: Op<unknown>) => void

/**
 * One direction of a connection: the operations that wait in it, first come first served, and what can end them:
 * readiness, the deadline, a signal, close. Targets build their read, write and accept on it, so that all of them
 * keep the same promises. What sets a limit throws a TypeError for what is no time, and does nothing after close.
 *
 * @example
 * ```ts
 * import { OpError } from '@net/contract'
 * import { Lane, Op } from '@net/io'
 *
 * class Never extends Op<number> {
 *   attempt = () => false
 * }
 * const lane = new Lane({ opError: (op, cause) => new OpError(op, 'mine', null, null, cause), waiting() {} })
 * const reading = lane.run(new Never('read')).catch((e) => e.message)
 * lane.close()
 * console.log(await reading) // read mine: use of closed network connection
 * ```
 */
export class Lane implements Deferred {
  /** The owner; it makes the errors. */
  readonly owner: LaneOwner
  #head: Op<unknown> | null = null
  #tail: Op<unknown> | null = null
  #closed: Error | null = null
  #deadline: DeadlineTimer | null = null
  #timeout = 0 // milliseconds for each operation, 0 for none

  static {
    leaveLane = (lane, op) => {
      lane.#remove(op)
    }
  }

  /** Makes a lane that is open, empty and without limits. */
  constructor(owner: LaneOwner) {
    this.owner = owner
    noteLane(owner)
  }

  /**
   * Counts an operation, and gives whether it may try at once without asking the lane: that is open, empty and without
   * limits, the event loop need not have its turn first, and nobody traces operations.
   */
  get free(): boolean {
    const isLimited = this.#timeout !== 0 || this.deadline !== Infinity
    return this.#head === null && this.#closed === null && !isLimited && areLanesFree()
  }

  /** Whether operations are waiting. */
  get busy(): boolean {
    return this.#head !== null
  }

  /** The operations that wait, first come first. */
  get waiting(): Op<unknown>[] {
    const waiting: Op<unknown>[] = []
    for (let op = this.#head; op !== null; op = operations.next(op)) waiting.push(op)
    return waiting
  }

  /** The error of operations after close, or null while the lane is open. */
  get closed(): Error | null {
    return this.#closed
  }

  /** The deadline on the monotonic clock, `performance.now()`'s milliseconds; Infinity for none. */
  get deadline(): number {
    return this.#deadline === null ? Infinity : this.#deadline.at
  }

  /** Sets the deadline of waiting and later operations. */
  setDeadline(t: Deadline): void {
    this.setDeadlineAt(deadlineAt(t))
  }

  /** The same with a moment that {@link deadlineAt} gave. */
  setDeadlineAt(at: number): void {
    if (at === Infinity) this.#deadline?.clear()
    if (this.#closed !== null || at === Infinity) return
    this.#deadline ??= new DeadlineTimer(() => {
      this.#failAll(ErrDeadlineExceeded)
    })
    this.#deadline.set(at)
    if (at <= performance.now()) this.#failAll(ErrDeadlineExceeded)
  }

  /** Sets the limit of each later operation, in milliseconds; 0 means none. */
  setTimeout(ms: number): void {
    this.#timeout = checkTimeout(ms)
  }

  /**
   * Runs an operation: fails it at once when the lane is closed, what ends `options` has come or the deadline is past; tries it
   * at once when none waits before it and the event loop has had its turn; else lets it wait.
   */
  run<T>(op: Op<T>, options?: IOOptions): Promise<T> {
    if (!isLaneFollowed()) return this.#run(op, options)
    return tracedOp(this.owner, op, () => this.#run(op, options))
  }

  #run<T>(op: Op<T>, options?: IOOptions): Promise<T> {
    const promise = new Promise<T>((resolve) => {
      operations.begin(op, this, resolve)
    })
    const ending = endingOf(options)
    if (ending?.isOver) {
      op.cancel(ending.reason)
    } else if (this.#closed !== null) {
      op.fail(this.#closed)
    } else if (this.#deadline !== null && this.#deadline.at <= performance.now()) {
      op.fail(ErrDeadlineExceeded)
    } else if (this.#head !== null) {
      this.#append(op, ending)
    } else if (isTurnOver()) {
      this.#append(op, ending)
      deferToNextTurn(this)
    } else if (!attempt(op)) {
      this.#append(op, ending)
      op.refused()
    }
    return promise
  }

  /** Lets the waiting operations try again, in order, until one must go on waiting. Gives whether any has ended. */
  wake(): boolean {
    let any = false
    for (let op = this.#head; op !== null; op = this.#head) {
      if (!attempt(op)) op.refused()
      if (this.#head === op) return any
      any = true
    }
    return any
  }

  /** Tries what has waited for the event loop to turn. */
  turned(): void {
    this.wake()
  }

  /** Fails the waiting and all later operations with `cause`. */
  close(cause: Error = ErrClosed): void {
    tracedClose(this.owner, cause, this.#closed === null)
    this.#closed ??= cause
    this.#deadline?.clear()
    this.#failAll(cause)
  }

  #append(op: Op<unknown>, ending: Ending | null): void {
    operations.queue(op, this.#tail)
    if (this.#tail === null) this.#head = op
    this.#tail = op
    this.owner.waiting(1)
    operations.limit(op, ending, timeoutAt(this.#timeout))
    op.parked()
  }

  #remove(op: Op<unknown>): void {
    if (this.#head === op) this.#head = operations.next(op)
    if (this.#tail === op) this.#tail = operations.previous(op)
    operations.unlink(op)
    this.owner.waiting(-1)
  }

  #failAll(cause: Error): void {
    for (let op = this.#head; op !== null; op = this.#head) op.fail(cause)
  }
}

// What an attempt throws fails that operation alone, as a buffer that was transferred meanwhile: it must reach neither whatever
// woke the lane nor the operations behind.
function attempt(op: Op<unknown>): boolean {
  try {
    return op.attempt()
  } catch (e) {
    op.cancel(e)
    return true
  }
}

/**
 * An operation in a lane. A subclass says how to try it; the lane says when.
 *
 * @example
 * ```ts
 * import { OpError } from '@net/contract'
 * import { Lane, Op } from '@net/io'
 *
 * const queue = ['one']
 * class Take extends Op<string> {
 *   attempt() {
 *     const first = queue.shift()
 *     return first !== undefined && this.done(first)
 *   }
 * }
 * const lane = new Lane({ opError: (op, cause) => new OpError(op, 'mine', null, null, cause), waiting() {} })
 * console.log(await lane.run(new Take('read'))) // one
 * const second = lane.run(new Take('read')) // waits
 * queue.push('two')
 * lane.wake()
 * console.log(await second) // two
 * ```
 */
export abstract class Op<T> implements Ended {
  /** What errors call it: 'read', 'write', 'accept', ... */
  readonly name: string
  #next: Op<unknown> | null | undefined // undefined while it does not wait
  #prev: Op<unknown> | null = null
  #lane: Lane | null = null
  // It rejects by this, too, as the function for that would take 56 bytes of each connection that waits.
  #resolve: ((value: never) => void) | null = null
  #failed = false // with an error of the owner, and not for a reason of others
  #ending: Ending | null = null
  #timer: DeadlineTimer | null = null

  static {
    operations = {
      begin(op, lane, resolve) {
        op.#lane = lane
        op.#resolve = resolve
      },
      queue(op, last) {
        op.#next = null
        op.#prev = last
        if (last !== null) last.#next = op
      },
      next: (op) => op.#next ?? null,
      previous: (op) => op.#prev,
      unlink(op) {
        const next = op.#next ?? null
        if (op.#prev !== null) op.#prev.#next = next
        if (next !== null) next.#prev = op.#prev
        op.#next = undefined
        op.#prev = null
      },
      limit(op, ending, at) {
        if (at !== Infinity) {
          op.#timer = new DeadlineTimer(() => op.#interrupt(() => op.fail(ErrDeadlineExceeded)))
          op.#timer.set(at)
        }
        op.#ending = ending
        ending?.add(op)
      },
    }
  }

  /** Makes an operation that errors call `name`. */
  constructor(name: string) {
    this.name = name
  }

  /** Whether it waits in its lane. */
  get isWaiting(): boolean {
    return this.#next !== undefined
  }

  /** Tries without waiting: settles by {@link done} or {@link fail} and gives true, or gives false to go on waiting. */
  abstract attempt(): boolean

  /** Called when the operation begins to wait, perhaps only for its turn. */
  parked(): void {
    // Most operations are woken by their lane and need nothing.
  }

  /** Called when it was tried in vain and waits. */
  refused(): void {
    // Most operations need nothing more than when they began to wait.
  }

  /** Makes the operation's error. A subclass adds what it knows, as a write the bytes that went. */
  protected error(owner: LaneOwner, cause: Error): Error {
    return owner.opError(this.name, cause)
  }

  /** Settles with a value. Gives true, for {@link attempt} to return. */
  done(value: T): true {
    const resolve = this.#resolve
    this.#leave()
    // Held as a function of never, so that operations of any result can stand in one lane.
    if (resolve !== null) (resolve as (value: T) => void)(value)
    return true
  }

  /** Settles with the owner's error for `cause`. Gives true, for {@link attempt} to return. */
  fail(cause: Error): true {
    const owner = this.#lane?.owner
    if (owner === undefined || this.#resolve === null) return true
    this.#failed = true
    this.cancel(this.error(owner, cause))
    return true
  }

  /** Settles with `reason` as it is. */
  cancel(reason: unknown): void {
    const resolve = this.#resolve as ((value: Promise<never>) => void) | null
    this.#leave()
    // The stack of a reason of others is theirs.
    resolve?.(this.#failed ? rejected(reason as Error) : Promise.reject(reason))
  }

  /** Ends it from outside, for the reason of the signal or whatever else its options follow. */
  ended(reason: unknown): void {
    this.#interrupt(() => {
      this.cancel(reason)
    })
  }

  // What waited behind this operation may be able to go on without it.
  #interrupt(end: () => void): void {
    const lane = this.#lane
    end()
    lane?.wake()
  }

  #leave(): void {
    const lane = this.#lane
    if (this.#resolve === null || lane === null) return
    this.#resolve = null
    this.#timer?.clear()
    this.#ending?.delete(this)
    this.#ending = null
    if (this.isWaiting) leaveLane(lane, this)
  }
}
