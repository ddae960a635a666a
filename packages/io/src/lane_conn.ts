import type { Addr } from '@net/addr'
import { ErrClosed, isErr, type Closer, type Deadline, type Deadlines } from '@net/contract'
import { checkTimeout, deadlineAt } from './deadline.ts'
import { describe, inspect } from './inspect.ts'
import type { Lane } from './lane.ts'
import type { Handle } from './liveness.ts'
import { owner } from './opener.ts'

/** What a connection stands on: a descriptor, a socket of the host, a conversation. It is usually what owns the lanes, too. */
export interface ConnHandle extends Handle {
  /** The reads. */
  readonly reading: Lane
  /** The writes. */
  readonly writing: Lane
  /** The address of this end, which stays after close; null where there is none. */
  readonly localAddr: Addr | null
  /** The address of the peer, which stays after close; null where there is none. */
  readonly remoteAddr: Addr | null
  /** Closes both lanes and gives back what is behind them, as close of the connection says. Rejects only where giving back failed. */
  close(): Promise<void>
}

/**
 * The part of a connection over two lanes that is the same for all: addresses, limits of time, liveness, close and disposal, all
 * of which its handle does. What sets a limit throws a TypeError for what is no time, and does nothing after close; disposal is
 * close, and fails as that does.
 *
 * @example
 * ```ts
 * import { type Addr } from '@net/addr'
 * import { OpError } from '@net/contract'
 * import { type ConnHandle, Lane, LaneConn, Liveness, processTimer } from '@net/io'
 *
 * class MyHandle extends Liveness implements ConnHandle {
 *   reading = new Lane(this)
 *   writing = new Lane(this)
 *   localAddr = { network: 'mine', toString: () => 'here' }
 *   remoteAddr = { network: 'mine', toString: () => 'there' }
 *   opError(op: string, cause: Error) {
 *     return new OpError(op, 'mine', this.localAddr, this.remoteAddr, cause)
 *   }
 *   async close() {
 *     this.reading.close()
 *     this.writing.close()
 *   }
 * }
 * class MyConn extends LaneConn<Addr> {
 *   handle = new MyHandle(processTimer)
 * }
 * const conn = new MyConn()
 * conn.setTimeout(1000)
 * console.log(`${conn.localAddr}`) // here
 * await conn.close()
 * ```
 */
export abstract class LaneConn<A extends Addr> implements Deadlines, Closer {
  /** What the connection stands on. */
  protected abstract readonly handle: ConnHandle

  get localAddr(): A {
    return this.handle.localAddr as A
  }

  get remoteAddr(): A {
    return this.handle.remoteAddr as A
  }

  ref(): void {
    this.handle.ref()
  }

  unref(): void {
    this.handle.unref()
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  setDeadline(t: Deadline): void {
    const at = deadlineAt(t)
    this.handle.reading.setDeadlineAt(at)
    this.handle.writing.setDeadlineAt(at)
  }

  setReadDeadline(t: Deadline): void {
    this.handle.reading.setDeadline(t)
  }

  setWriteDeadline(t: Deadline): void {
    this.handle.writing.setDeadline(t)
  }

  setTimeout(ms: number): void {
    checkTimeout(ms)
    this.handle.reading.setTimeout(ms)
    this.handle.writing.setTimeout(ms)
  }

  setReadTimeout(ms: number): void {
    this.handle.reading.setTimeout(ms)
  }

  setWriteTimeout(ms: number): void {
    this.handle.writing.setTimeout(ms)
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What stands for it among what is open. */
  get [owner](): object {
    return this.handle.reading.owner
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
