import type { TCPAddr } from '@net/addr'
import {
  OpError,
  type File,
  type IOOptions,
  type NetFS,
  type RawConn,
  type TCPConn,
  type TCPListener,
} from '@net/contract'
import { Lane, LaneListener, Op, type LaneOwner } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import { AcceptQueue } from './accept_queue.ts'
import type { OpenConversation, Opened } from '../file/open_conversation.ts'
import { plan9Error } from '../file/errors.ts'

/** Waits for a call. */
class AcceptOp extends Op<TCPConn> {
  readonly #queue: AcceptQueue
  readonly #connection: (opened: Opened) => TCPConn

  constructor(queue: AcceptQueue, connection: (opened: Opened) => TCPConn) {
    super('accept')
    this.#queue = queue
    this.#connection = connection
  }

  attempt(): boolean {
    try {
      const opened = this.#queue.take()
      return opened !== null && this.done(this.#connection(opened))
    } catch (e) {
      return this.fail(plan9Error('accept', e))
    }
  }
}

/** A TCP listener over an announced conversation. */
export class Plan9TCPListener extends LaneListener<TCPConn, TCPAddr> implements TCPListener, LaneOwner {
  readonly addr: TCPAddr
  readonly #net: string
  readonly #conversation: OpenConversation
  readonly #queue: AcceptQueue
  protected readonly accepting = new Lane(this)
  readonly #connection: (opened: Opened) => TCPConn
  #closing: Promise<void> | null = null

  /**
   * Takes over an announced conversation, whose local address is `addr`; `connection` makes a connection of a
   * call.
   */
  constructor(
    fs: NetFS,
    net: string,
    conversation: OpenConversation,
    addr: TCPAddr,
    connection: (opened: Opened) => TCPConn,
  ) {
    super()
    this.#net = net
    this.#conversation = conversation
    this.addr = addr
    this.#connection = connection
    // Calls to one address come to that address.
    const known = addr.ip === null || addr.ip.isUnspecified ? {} : { local: addr }
    this.#queue = new AcceptQueue(fs, conversation, net, known, () => {
      this.accepting.wake()
    })
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.#net, null, this.addr, cause)
  }

  waiting(change: 1 | -1): void {
    this.#queue.waiting(change)
  }

  accept(options?: IOOptions): Promise<TCPConn> {
    return this.accepting.run(new AcceptOp(this.#queue, this.#connection), options)
  }

  acceptTCP(options?: IOOptions): Promise<TCPConn> {
    return this.accept(options)
  }

  ref(): void {
    this.#queue.ref()
  }

  unref(): void {
    this.#queue.unref()
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.accepting.close()
      this.#closing = this.#close()
    }
    return this.#closing
  }

  /** Rejects: a conversation has no descriptor. */
  file(): Promise<File> {
    return Promise.reject(this.opError('file', ErrPlan9))
  }

  /** Throws: a conversation has no descriptor. */
  syscallConn(): RawConn {
    throw this.opError('raw-control', ErrPlan9)
  }

  async #close(): Promise<void> {
    const idle = this.#queue.close()
    // Opens that wait keep a conversation announced although its ctl is closed; a hangup ends them.
    await this.#conversation.control('hangup').catch(() => {})
    await Promise.allSettled([idle, this.#conversation.close()])
  }
}
