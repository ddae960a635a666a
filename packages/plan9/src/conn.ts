import type { Addr } from '@net/addr'
import { OpError, type File, type RawConn } from '@net/contract'
import { Lane, LaneConn, type Lanes } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import { Endpoint } from './endpoint.ts'
import type { Opened } from './open_conversation.ts'

/** A conversation whose data are read and written: what TCP and UDP connections have in common. */
export abstract class Plan9Conn<A extends Addr> extends LaneConn {
  readonly localAddr: A
  readonly remoteAddr: A
  /** The conversation's files. */
  protected readonly files: Opened
  /** What the lanes share. */
  protected readonly endpoint: Endpoint
  protected readonly lanes: Lanes
  #closing: Promise<void> | null = null

  /** Takes over an open conversation. `remote` is what errors tell of the other end, null for none. */
  protected constructor(net: string, files: Opened, local: A, remote: A, shown: A | null) {
    super()
    this.localAddr = local
    this.remoteAddr = remote
    this.files = files
    const { data } = files
    // An open file keeps the process alive, at first, whether anything waits for it or not.
    data.unref?.()
    this.endpoint = new Endpoint(net, local, shown, { ref: () => data.ref?.(), unref: () => data.unref?.() })
    this.lanes = { reading: new Lane(this.endpoint), writing: new Lane(this.endpoint) }
  }

  /** What waits to read. */
  protected get reading(): Lane {
    return this.lanes.reading
  }

  /** What waits to write. */
  protected get writing(): Lane {
    return this.lanes.writing
  }

  /** Lets go of the files, after what has to be done before. */
  protected abstract finish(): Promise<void>

  ref(): void {
    this.endpoint.ref()
  }

  unref(): void {
    this.endpoint.unref()
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.reading.close()
      this.writing.close()
      this.#closing = this.finish()
    }
    return this.#closing
  }

  /** Closes the files of the conversation, which ends it. */
  protected async closeFiles(): Promise<void> {
    const { data, conversation } = this.files
    // A session that is over has taken the files along.
    await Promise.allSettled([data.close(), conversation.ctl.close()])
  }

  /** Rejects: a conversation has no descriptor. */
  file(): Promise<File> {
    return Promise.reject(this.endpoint.opError('file', ErrPlan9))
  }

  /** Throws: a conversation has no descriptor. */
  syscallConn(): RawConn {
    throw this.endpoint.opError('raw-control', ErrPlan9)
  }

  /** Throws: the size of buffers can't be told to a conversation. */
  setReadBuffer(_bytes: number): void {
    this.refuse()
  }

  /** Throws: the size of buffers can't be told to a conversation. */
  setWriteBuffer(_bytes: number): void {
    this.refuse()
  }

  /** Throws the error of what a conversation can't be told, or of one that is closed. */
  protected refuse(): never {
    throw new OpError('set', this.endpoint.net, null, this.localAddr, this.reading.closed ?? ErrPlan9)
  }
}
