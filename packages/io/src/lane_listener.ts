import type { Addr } from '@net/addr'
import type { Conn, Deadline, IOOptions, Listener } from '@net/contract'
import { describe, inspect } from './inspect.ts'
import type { Lane } from './lane.ts'
import { untilClosed } from './lane_conn.ts'
import { owner } from './opener.ts'

/**
 * The part of a listener over a lane that is the same for all: limits of time, iteration and disposal. What sets a limit throws a
 * TypeError for what is no time, and does nothing after close; accepts fail with the errors of their owner, disposal as close.
 *
 * @example
 * ```ts
 * import type { Addr } from '@net/addr'
 * import { OpError, type Conn, type IOOptions } from '@net/contract'
 * import { Lane, LaneListener, Op } from '@net/io'
 *
 * class Accept extends Op<Conn> {
 *   attempt = () => false
 * }
 * class MyListener extends LaneListener<Conn, Addr> {
 *   addr = { network: 'mine', toString: () => 'here' }
 *   accepting = new Lane(this)
 *   opError(op: string, cause: Error) {
 *     return new OpError(op, 'mine', null, this.addr, cause)
 *   }
 *   waiting() {}
 *   ref() {}
 *   unref() {}
 *   accept(options?: IOOptions) {
 *     return this.accepting.run(new Accept('accept'), options)
 *   }
 *   async close() {
 *     this.accepting.close()
 *   }
 * }
 * const listener = new MyListener()
 * listener.setDeadline(0)
 * await listener.accept().catch((e) => console.log(e.message)) // accept mine here: i/o timeout
 * ```
 */
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

  /** What stands for it among what is open. */
  get [owner](): object {
    return this.accepting.owner
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return describe(this)
  }

  [Symbol.asyncIterator](): AsyncGenerator<C, void, undefined> {
    return untilClosed(() => this.accept())
  }
}
