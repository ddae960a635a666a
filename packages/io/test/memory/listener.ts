import {
  Errno,
  ErrClosed,
  isErr,
  OpError,
  SyscallError,
  type Deadline,
  type IOOptions,
  type Listener,
} from '@net/contract'
import { deadlineAt, Lane, Op, type LaneOwner } from '../../src/index.ts'
import { MemoryAddr, MemoryConn, memoryPair } from './conn.ts'

class Accept extends Op<MemoryConn> {
  readonly #queue: MemoryConn[]

  constructor(queue: MemoryConn[]) {
    super('accept')
    this.#queue = queue
  }

  override attempt(): boolean {
    const c = this.#queue.shift()
    return c !== undefined && this.done(c)
  }
}

/** A listener of the memory network, with its dial beside it. */
export class MemoryListener implements Listener<MemoryConn, MemoryAddr>, LaneOwner {
  readonly addr = new MemoryAddr('listener')
  readonly accepts = new Lane(this)
  readonly queue: MemoryConn[] = []
  #dialled = 0

  dial(): Promise<MemoryConn> {
    if (this.accepts.closed !== null) {
      const cause = new SyscallError('connect', new Errno('ECONNREFUSED', 111))
      return Promise.reject(new OpError('dial', 'memory', null, this.addr, cause))
    }
    const [client, server] = memoryPair(MemoryConn, `client ${++this.#dialled}`, this.addr.name)
    this.queue.push(server)
    this.accepts.wake()
    return Promise.resolve(client)
  }

  opError(op: string, cause: Error): Error {
    return new OpError(op, 'memory', null, this.addr, cause)
  }

  waiting(): void {
    // Nothing outside of this process can end an operation here.
  }

  accept(options?: IOOptions): Promise<MemoryConn> {
    return this.accepts.run(new Accept(this.queue), options)
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<MemoryConn> {
    for (;;) {
      let c: MemoryConn
      try {
        c = await this.accept()
      } catch (e) {
        if (isErr(e, ErrClosed)) return
        throw e
      }
      yield c
    }
  }

  async close(): Promise<void> {
    this.accepts.close()
    for (const c of this.queue.splice(0)) await c.reset()
  }

  setDeadline(t: Deadline): void {
    this.accepts.setDeadlineAt(deadlineAt(t))
  }

  setTimeout(ms: number): void {
    this.accepts.setTimeout(ms)
  }

  ref(): void {
    // See waiting.
  }

  unref(): void {
    // See waiting.
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
