import type { Addr } from '@net/addr'
import type { Conn, Deadline, IOOptions, Listener } from '@net/contract'
import { describe, inspect } from './inspect.ts'
import type { Lane } from './lane.ts'
import { untilClosed } from './lane_conn.ts'

/** The part of a listener over a lane that is the same for all: limits of time, iteration and disposal. */
export abstract class LaneListener<C extends Conn, A extends Addr> implements Listener<C, A> {
  /** The lane of the accepts. */
  protected abstract readonly accepting: Lane

  abstract readonly addr: A
  abstract accept(options?: IOOptions): Promise<C>
  abstract close(): Promise<void>
  abstract ref(): void
  abstract unref(): void

  setDeadline(t: Deadline): void {
    this.accepting.setDeadline(t)
  }

  setTimeout(ms: number): void {
    this.accepting.setTimeout(ms)
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

  [Symbol.asyncIterator](): AsyncGenerator<C, void, undefined> {
    return untilClosed(() => this.accept())
  }
}
