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

/** The part of a connection over two lanes that is the same for all: limits of time, and disposal. */
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
