import { type LaneOwner } from '@net/io'
import { EAGAIN, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EXDEV } from '../abi/errno.ts'
import type { FD } from './fd.ts'
import { FDOp } from './op.ts'
import { syscallError } from '../sys/syscall.ts'

/**
 * Bytes moved before the event loop gets its turn: a file that is not in memory is read by the call that
 * sends it.
 */
const TURN = 1 << 20

/** What brings the bytes of a source to a socket. */
export interface Mover {
  /** The system call that errors name. */
  readonly call: string
  /**
   * Begins; `wake` is to be called when a move that had to wait for the source may go on. Throws bare errors.
   */
  start(wake: () => void): void
  /**
   * Moves up to `max` bytes. Gives their number, 0 at the end of the source or a negated error number: EAGAIN
   * when it has to wait, for the source or, with `to.writeReady` false, for the socket. Throws the source's
   * own errors, bare.
   */
  move(to: FD, max: number): number
  /** The mover to go on with when the kernel refuses this one; null when there is none. */
  instead(): Mover | null
  /** Gives up what it holds. */
  end(): void
}

const refusals = new Set([EINVAL, ENOSYS, EXDEV, EOPNOTSUPP, EPERM])

/** Sends what a mover brings, in its turn among the writes of the socket. */
export class TransferOp extends FDOp<number> {
  #mover: Mover
  #left: number
  #n = 0

  /** Makes an operation that sends up to `length` bytes. */
  constructor(fd: FD, mover: Mover, length: number) {
    super('readfrom', fd)
    this.#mover = mover
    this.#left = length
  }

  /** Begins the mover, which is ended when the operation settles. Throws bare errors. */
  start(): this {
    this.#mover.start(this.#wake)
    return this
  }

  readonly #wake = (): void => {
    if (this.isWaiting) this.fd.writing.wake()
  }

  attempt(): boolean {
    try {
      return this.#attempt()
    } catch (e) {
      return this.fail(e as Error)
    }
  }

  #attempt(): boolean {
    let turn = TURN
    this.fd.keepNonblocking()
    while (this.#left > 0) {
      if (!this.fd.writeReady) return false
      if (turn <= 0) {
        setImmediate(this.#wake)
        return false
      }
      const n = this.#mover.move(this.fd, Math.min(this.#left, turn))
      if (n > 0) {
        turn -= n
        this.#left -= n
        this.#n += n
      } else if (n === 0) {
        break
      } else if (n === EAGAIN) {
        this.fd.poller.bulk()
        return false
      } else if (!this.#replaced(n)) {
        return this.fail(syscallError(this.#mover.call, n))
      }
    }
    return this.done(this.#n)
  }

  #replaced(refusal: number): boolean {
    const other = this.#n === 0 && refusals.has(refusal) ? this.#mover.instead() : null
    if (other === null) return false
    this.#mover = other
    other.start(this.#wake)
    return true
  }

  override done(n: number): true {
    this.#mover.end()
    return super.done(n)
  }

  override cancel(reason: unknown): void {
    this.#mover.end()
    super.cancel(reason)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }
}
