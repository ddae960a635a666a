import type { Addr } from '@net/addr'
import { OpError, type Conn, type File, type IOOptions, type RawConn } from '@net/contract'
import { LaneListener, type Lane } from '@net/io'
import type { FD } from './fd.ts'
import { fileOf } from './fd_file.ts'
import { AcceptOp } from './op.ts'
import { PosixRawConn } from './rawconn.ts'

/** A socket that accepts connections: what all listeners have in common. */
export abstract class PosixListener<C extends Conn, A extends Addr> extends LaneListener<C, A> {
  /** The descriptor. */
  protected readonly fd: FD

  /** Takes over a listening socket. */
  constructor(fd: FD) {
    super()
    this.fd = fd
  }

  protected get accepting(): Lane {
    return this.fd.reading
  }

  get addr(): A {
    return this.fd.localAddr as A
  }

  /** Makes the connection of an accepted descriptor, whose peer's address is in sockaddrIn. */
  protected abstract connection(fd: number): C

  accept(options?: IOOptions): Promise<C> {
    return this.fd.reading.run(new AcceptOp(this.fd, this.#connection), options)
  }

  readonly #connection = (fd: number): C => this.connection(fd)

  async file(): Promise<File> {
    try {
      return fileOf(this.fd)
    } catch (cause) {
      throw new OpError('file', this.fd.net, null, this.fd.localAddr, cause as Error)
    }
  }

  syscallConn(): RawConn {
    return new PosixRawConn(this.fd)
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
}
