import type { Addr } from '@net/addr'
import {
  ErrClosed,
  isErr,
  OpError,
  type Conn,
  type Deadline,
  type File,
  type IOOptions,
  type Listener,
  type RawConn,
} from '@net/contract'
import type { FD } from './fd.ts'
import { fileOf } from './fd_file.ts'
import { AcceptOp } from './op.ts'
import { RawSocket } from './rawconn.ts'

/** A socket that accepts connections: what all listeners have in common. */
export abstract class ListenSocket<C extends Conn, A extends Addr> implements Listener<C, A> {
  /** The descriptor. */
  protected readonly fd: FD

  /** Takes over a listening socket. */
  constructor(fd: FD) {
    this.fd = fd
  }

  abstract get addr(): A

  /** Makes the connection of an accepted descriptor, whose peer's address is in wsa. */
  protected abstract connection(fd: number): C

  accept(options?: IOOptions): Promise<C> {
    return this.fd.reading.run(new AcceptOp(this.fd, this.#connection), options?.signal)
  }

  readonly #connection = (fd: number): C => this.connection(fd)

  setDeadline(t: Deadline): void {
    this.fd.reading.setDeadline(t)
  }

  setTimeout(ms: number): void {
    this.fd.reading.setTimeout(ms)
  }

  async file(): Promise<File> {
    try {
      return fileOf(this.fd)
    } catch (cause) {
      throw new OpError('file', this.fd.net, null, this.fd.localAddr, cause as Error)
    }
  }

  syscallConn(): RawConn {
    return new RawSocket(this.fd)
  }

  ref(): void {
    this.fd.ref()
  }

  unref(): void {
    this.fd.unref()
  }

  close(): Promise<void> {
    return this.fd.close()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<C, void, undefined> {
    for (;;) {
      let c: C
      try {
        c = await this.accept()
      } catch (e) {
        if (isErr(e, ErrClosed)) return
        throw e
      }
      yield c
    }
  }
}
