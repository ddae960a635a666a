import { ErrClosed, isErr, type Closer, type Deadline, type Deadlines } from '@net/contract'
import { checkTimeout, deadlineAt } from './deadline.ts'
import { describe, inspect } from './inspect.ts'
import type { Lane } from './lane.ts'

/** The two directions of a connection. */
export interface Lanes {
  /** The reads. */
  readonly reading: Lane
  /** The writes. */
  readonly writing: Lane
}

/**
 * The part of a connection over two lanes that is the same for all: limits of time, and disposal. What sets a limit throws a
 * TypeError for what is no time, and does nothing after close; disposal is close, and fails as that does.
 *
 * @example
 * ```ts
 * import { OpError } from '@net/contract'
 * import { Lane, LaneConn } from '@net/io'
 *
 * class MyConn extends LaneConn {
 *   lanes = { reading: new Lane(this), writing: new Lane(this) }
 *   opError(op: string, cause: Error) {
 *     return new OpError(op, 'mine', null, null, cause)
 *   }
 *   waiting() {}
 *   ref() {}
 *   unref() {}
 *   async close() {
 *     this.lanes.reading.close()
 *     this.lanes.writing.close()
 *   }
 * }
 * const conn = new MyConn()
 * conn.setTimeout(1000)
 * await conn.close()
 * ```
 */
export abstract class LaneConn implements Deadlines, Closer {
  /** The connection's lanes. */
  protected abstract readonly lanes: Lanes

  abstract close(): Promise<void>
  abstract ref(): void
  abstract unref(): void

  setDeadline(t: Deadline): void {
    const at = deadlineAt(t)
    this.lanes.reading.setDeadlineAt(at)
    this.lanes.writing.setDeadlineAt(at)
  }

  setReadDeadline(t: Deadline): void {
    this.lanes.reading.setDeadline(t)
  }

  setWriteDeadline(t: Deadline): void {
    this.lanes.writing.setDeadline(t)
  }

  setTimeout(ms: number): void {
    checkTimeout(ms)
    this.lanes.reading.setTimeout(ms)
    this.lanes.writing.setTimeout(ms)
  }

  setReadTimeout(ms: number): void {
    this.lanes.reading.setTimeout(ms)
  }

  setWriteTimeout(ms: number): void {
    this.lanes.writing.setTimeout(ms)
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return describe(this)
  }
}

/**
 * Calls `next` again and again and yields what it gives: the iteration of a listener or a packet connection. It ends
 * quietly when `next` rejects because of close, and throws other errors.
 *
 * @example
 * ```ts
 * import { ErrClosed } from '@net/contract'
 * import { untilClosed } from '@net/io'
 *
 * const left = [1, 2]
 * const got: number[] = []
 * for await (const n of untilClosed(async () => left.shift() ?? Promise.reject(ErrClosed))) got.push(n)
 * console.log(got.join()) // 1,2
 * ```
 */
export async function* untilClosed<T>(next: () => Promise<T>): AsyncGenerator<T, void, undefined> {
  for (;;) {
    let value: T
    try {
      value = await next()
    } catch (e) {
      if (isErr(e, ErrClosed)) return
      throw e
    }
    yield value
  }
}
