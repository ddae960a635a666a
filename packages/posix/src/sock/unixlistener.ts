import type { UnixAddr } from '@net/addr'
import type { IOOptions, UnixConn, UnixListener, UnixNetwork } from '@net/contract'
import { FD } from '../fd/fd.ts'
import { PosixListener } from '../fd/listener.ts'
import { getUnixAddr } from '../wire/sockaddr.ts'
import { unlink } from '../sys/syscall.ts'
import { pathOf, unixNames, PosixUnixConn } from './unixconn.ts'

/** A Unix listener of the kernel: of streams or of sequenced packets, as its descriptor's network says. */
export class PosixUnixListener extends PosixListener<UnixConn, UnixAddr> implements UnixListener {
  #path: string
  #unlink: boolean

  /**
   * Takes over a socket that listens on `addr`; `unlink` says whether close removes the file of that name.
   */
  constructor(fd: FD, addr: UnixAddr, unlink: boolean) {
    super(fd)
    this.#path = pathOf(addr)
    this.#unlink = unlink
  }

  acceptUnix(options?: IOOptions): Promise<UnixConn> {
    return this.accept(options)
  }

  setUnlinkOnClose(on: boolean): void {
    this.#unlink = on
  }

  // The file is removed before the socket is closed, so that a program that finds it gone can bind the name
  // at once.
  override close(): Promise<void> {
    if (this.#unlink && this.#path !== '' && !this.fd.isClosed) unlink(this.#path)
    this.#path = ''
    return super.close()
  }

  protected connection(fd: number): UnixConn {
    const net = this.fd.net as UnixNetwork
    const accepted = new FD(fd, net, unixNames[net])
    accepted.setAddrs(undefined, getUnixAddr(net))
    return new PosixUnixConn(accepted)
  }
}
