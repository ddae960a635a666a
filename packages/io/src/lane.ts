import { ErrClosed, ErrDeadlineExceeded, type Deadline } from '@net/contract'
import { checkTimeout, deadlineAt, DeadlineTimer, timeoutAt } from './deadline.ts'

/** What a lane needs of the connection or listener it belongs to. */
export interface LaneOwner {
  /** Makes the error of an operation: usually an {@link OpError} with the owner's network and addresses. */
  opError(op: string, cause: Error): Error
  /** Told when an operation begins (1) or stops (-1) to wait, so that waiting can keep the process alive. */
  waiting(change: 1 | -1): void
}

/**
 * One direction of a connection: the operations that wait in it, first come first served, and what can end them:
 * readiness, the deadline, a signal, close. Targets build their read, write and accept on it, so that all of them
 * keep the same promises.
 */
export class Lane {
  /** The owner; it makes the errors. */
  readonly owner: LaneOwner
  #head: Op<unknown> | null = null
  #tail: Op<unknown> | null = null
  #closed: Error | null = null
  #deadline: DeadlineTimer | null = null
  #timeout = 0 // milliseconds for each operation, 0 for none
  #limited = false // whether a deadline or a timeout is set

  /** Makes a lane that is open, empty and without limits. */
  constructor(owner: LaneOwner) {
    this.owner = owner
  }

  /** Whether an operation without a signal may try at once, without asking the lane: open, empty, no limits. */
  get free(): boolean {
    return this.#head === null && this.#closed === null && !this.#limited
  }

  /** Whether operations are waiting. */
  get busy(): boolean {
    return this.#head !== null
  }

  /** The error of operations after close, or null while the lane is open. */
  get closed(): Error | null {
    return this.#closed
  }

  /** The deadline on the monotonic clock, Infinity for none. */
  get deadline(): number {
    return this.#deadline === null ? Infinity : this.#deadline.at
  }

  /** Sets the deadline of waiting and later operations. */
  setDeadline(t: Deadline): void {
    this.setDeadlineAt(deadlineAt(t))
  }

  /** The same with a moment that {@link deadlineAt} gave. */
  setDeadlineAt(at: number): void {
    if (this.#closed !== null) return
    if (at === Infinity) {
      this.#deadline?.clear()
    } else {
      this.#deadline ??= new DeadlineTimer(() => {
        this.#expire()
      })
      this.#deadline.set(at)
      if (at <= performance.now()) this.#failAll(ErrDeadlineExceeded)
    }
    this.#limited = at !== Infinity || this.#timeout !== 0
  }

  /** Sets the limit of each later operation, in milliseconds; 0 means none. */
  setTimeout(ms: number): void {
    this.#timeout = checkTimeout(ms)
    this.#limited = this.#timeout !== 0 || this.deadline !== Infinity
  }

  /**
   * Runs an operation: fails it at once when the lane is closed, its signal aborted or the deadline past; tries it at
   * once when none waits before it; else lets it wait.
   */
  run<T>(op: Op<T>, signal?: AbortSignal): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      op.settle(this, resolve, reject)
    })
    if (signal?.aborted) {
      op.cancel(signal.reason)
    } else if (this.#closed !== null) {
      op.fail(this.#closed)
    } else if (this.#deadline !== null && this.#deadline.at <= performance.now()) {
      op.fail(ErrDeadlineExceeded)
    } else if (this.#head !== null || !op.attempt()) {
      this.#append(op)
      if (this.#timeout !== 0) op.expireAt(timeoutAt(this.#timeout))
      if (signal !== undefined) op.listen(signal)
      op.parked()
    }
    return promise
  }

  /** Lets the waiting operations try again, in order, until one must go on waiting. Gives whether any has ended. */
  wake(): boolean {
    let any = false
    for (let op = this.#head; op !== null; op = this.#head) {
      if (!op.attempt()) return any
      any = true
    }
    return any
  }

  /** Fails the waiting and all later operations with `cause`. */
  close(cause: Error = ErrClosed): void {
    this.#closed ??= cause
    this.#deadline?.clear()
    this.#failAll(cause)
  }

  /** Takes a settled operation out. For operations only. */
  remove(op: Op<unknown>): void {
    const { next, prev } = op
    if (prev === null) this.#head = next
    else prev.next = next
    if (next === null) this.#tail = prev
    else next.prev = prev
    op.next = op.prev = null
    this.owner.waiting(-1)
  }

  #append(op: Op<unknown>): void {
    op.prev = this.#tail
    if (this.#tail === null) this.#head = op
    else this.#tail.next = op
    this.#tail = op
    op.queued = true
    this.owner.waiting(1)
  }

  #expire(): void {
    this.#failAll(ErrDeadlineExceeded)
  }

  #failAll(cause: Error): void {
    for (let op = this.#head; op !== null; op = this.#head) op.fail(cause)
  }
}

/** An operation in a lane. A subclass says how to try it; the lane says when. */
export abstract class Op<T> {
  /** What errors call it: 'read', 'write', 'accept', ... */
  readonly name: string
  /** The next in the lane. For the lane only. */
  next: Op<unknown> | null = null
  /** The previous in the lane. For the lane only. */
  prev: Op<unknown> | null = null
  /** Whether it waits in the lane. For the lane only. */
  queued = false
  #lane: Lane | null = null
  #resolve: ((value: never) => void) | null = null
  #reject: ((reason: unknown) => void) | null = null
  #signal: AbortSignal | null = null
  #timer: DeadlineTimer | null = null

  /** Makes an operation that errors call `name`. */
  constructor(name: string) {
    this.name = name
  }

  /** Tries without waiting: settles by {@link done} or {@link fail} and gives true, or gives false to go on waiting. */
  abstract attempt(): boolean

  /** Called when the operation begins to wait. */
  parked(): void {
    // Most operations are woken by their lane and need nothing.
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
    if (owner !== undefined) this.cancel(this.error(owner, cause))
    return true
  }

  /** Settles with `reason` as it is. */
  cancel(reason: unknown): void {
    const reject = this.#reject
    this.#leave()
    reject?.(reason)
  }

  /** Ties the operation to its lane and promise. For the lane only. */
  settle(lane: Lane, resolve: (value: T) => void, reject: (reason: unknown) => void): void {
    this.#lane = lane
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Fails the operation when this moment on the monotonic clock passes. For the lane only. */
  expireAt(at: number): void {
    this.#timer = new DeadlineTimer(() => {
      this.#interrupt(() => this.fail(ErrDeadlineExceeded))
    })
    this.#timer.set(at)
  }

  /** Cancels the operation when `signal` is aborted. For the lane only. */
  listen(signal: AbortSignal): void {
    this.#signal = signal
    signal.addEventListener('abort', this)
  }

  /** Takes the event of the signal; an operation is its own listener, so that waiting makes no closure. */
  handleEvent(): void {
    const signal = this.#signal
    if (signal !== null) {
      this.#interrupt(() => {
        this.cancel(signal.reason)
      })
    }
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
    this.#resolve = this.#reject = null
    this.#timer?.clear()
    this.#signal?.removeEventListener('abort', this)
    this.#signal = null
    if (this.queued) {
      this.queued = false
      lane.remove(this)
    }
  }
}
