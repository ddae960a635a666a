import type { Addr } from '@net/addr'
import { OpError } from '@net/contract'
import { type ConnHandle, Lane, Liveness, type LaneOwner } from '@net/io'
import type { Opened } from './open_conversation.ts'

/** This end of a connection: an open conversation, and what waits for it, which keeps the process alive. */
export class Endpoint extends Liveness implements ConnHandle, LaneOwner {
  readonly reading = new Lane(this)
  readonly writing = new Lane(this)
  /** The network that errors name. */
  readonly net: string
  readonly localAddr: Addr
  readonly remoteAddr: Addr | null
  /** The conversation's files. */
  readonly files: Opened
  readonly #finish: () => Promise<void>
  #closing: Promise<void> | null = null

  /** Takes over an open conversation. `finish` lets go of its files when the lanes are closed. */
  constructor(
    net: string,
    files: Opened,
    localAddr: Addr,
    remoteAddr: Addr | null,
    finish: () => Promise<void>,
  ) {
    const { data } = files
    super({ ref: () => data.ref?.(), unref: () => data.unref?.() })
    // An open file keeps the process alive, at first, whether anything waits for it or not.
    data.unref?.()
    this.net = net
    this.files = files
    this.localAddr = localAddr
    this.remoteAddr = remoteAddr
    this.#finish = finish
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.localAddr, this.remoteAddr, cause)
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.reading.close()
      this.writing.close()
      this.#closing = this.#finish()
    }
    return this.#closing
  }

  /** Closes the files of the conversation, which ends it. */
  async closeFiles(): Promise<void> {
    const { data, conversation } = this.files
    // A session that is over has taken the files along.
    await Promise.allSettled([data.close(), conversation.close()])
  }
}
