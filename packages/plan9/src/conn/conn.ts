import type { Addr } from '@net/addr'
import { OpError, type File, type RawConn } from '@net/contract'
import { LaneConn } from '@net/io'
import { ErrPlan9 } from '@net/stubs'
import { Endpoint } from '../file/endpoint.ts'
import type { Opened } from '../file/open_conversation.ts'

/** A conversation whose data are read and written: what TCP and UDP connections have in common. */
export abstract class Plan9Conn<A extends Addr> extends LaneConn<A> {
  protected readonly handle: Endpoint

  /** Takes over an open conversation. `remote` is null where there is no one peer. */
  protected constructor(net: string, files: Opened, local: A, remote: A | null) {
    super()
    this.handle = new Endpoint(net, files, local, remote, () => this.finish())
  }

  /** Lets go of the files, after what has to be done before. */
  protected abstract finish(): Promise<void>

  /** Rejects: a conversation has no descriptor. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrPlan9))
  }

  /** Throws: a conversation has no descriptor. */
  syscallConn(): RawConn {
    throw this.handle.opError('raw-control', ErrPlan9)
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
    const { net, localAddr, reading } = this.handle
    throw new OpError('set', net, null, localAddr, reading.closed ?? ErrPlan9)
  }
}
