import { UnixAddr } from '@net/addr'
import {
  ErrWriteToConnected,
  OpError,
  type FileSource,
  type IOOptions,
  type SendFileOptions,
  type UnixConn,
  type UnixMessage,
  type UnixNetwork,
  checkAddr,
  checkBuffer,
  missingAddress,
} from '@net/contract'
import { untilClosed } from '@net/io'
import { EAFNOSUPPORT } from '../abi/errno.ts'
import { PosixConn } from '../fd/conn.ts'
import type { FD } from '../fd/fd.ts'
import { socketNames, type Names } from '../fd/names.ts'
import { ReceiveOp } from '../fd/op.ts'
import { sendFile } from '../fd/sendfile.ts'
import { getUnixAddr } from '../wire/sockaddr.ts'
import { errnoOf, unlink } from '../sys/syscall.ts'
import { UnixPacketOp, UnixReceiveOp, UnixSendOp } from '../fd/unix_op.ts'

/** How to ask for the addresses of the sockets of each Unix network. */
export const unixNames: Readonly<Record<UnixNetwork, Names>> = {
  unix: socketNames(() => getUnixAddr('unix')),
  unixgram: socketNames(() => getUnixAddr('unixgram')),
  unixpacket: socketNames(() => getUnixAddr('unixpacket')),
}

/** The path of the file that a socket of this name made, or '' when there is none. */
export function pathOf(addr: UnixAddr): string {
  return addr.path.startsWith('\0') ? '' : addr.name
}

/**
 * A Unix socket of the kernel: a stream, datagrams or sequenced packets, as its descriptor's network says.
 */
export class PosixUnixConn extends PosixConn<UnixAddr> implements UnixConn {
  readonly #connected: boolean
  #unlink = false

  /** Takes over a socket; `connected` is false for a bound one that has no peer. */
  constructor(fd: FD, connected = true) {
    super(fd)
    // The kernel also ends a read where the sender's credentials or descriptors change.
    fd.exception = true
    this.#connected = connected
  }

  get #net(): UnixNetwork {
    return this.fd.net as UnixNetwork
  }

  get addr(): UnixAddr {
    return this.localAddr
  }

  override get remoteAddr(): UnixAddr {
    return (this.fd.remoteAddr as UnixAddr | null) ?? new UnixAddr('', this.#net)
  }

  override get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#checkStream('readable')
    return super.readable
  }

  override get writable(): WritableStream<Uint8Array> {
    this.#checkStream('writable')
    return super.writable
  }

  readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    const finish = (n: number): [number, UnixAddr] => [n, getUnixAddr(this.#net)]
    return this.fd.reading.run(new ReceiveOp(this.fd, p, finish), options)
  }

  async writeTo(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UnixAddr')
    if (wrong !== null) throw wrong
    this.#checkPeer(addr, this.#connected)
    return (await this.fd.writing.run(new UnixSendOp(this.fd, p, null, addr), options)).n
  }

  readFromUnix(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    return this.readFrom(p, options)
  }

  writeToUnix(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  readMsgUnix(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<UnixMessage> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob, 'oob')
    if (wrong !== null) return Promise.reject(wrong)
    return this.fd.reading.run(new UnixReceiveOp(this.fd, p, oob), options)
  }

  async writeMsgUnix(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UnixAddr | null,
    options?: IOOptions,
  ): Promise<{ n: number; oobn: number }> {
    const wrong =
      checkBuffer(p) ?? checkBuffer(oob, 'oob') ?? (addr === null ? null : checkAddr(addr, 'a UnixAddr'))
    if (wrong !== null) throw wrong
    // On streams and sequenced packets the kernel itself refuses or ignores an address.
    if (addr !== null) this.#checkPeer(addr, this.#connected && this.#net === 'unixgram')
    return await this.fd.writing.run(new UnixSendOp(this.fd, p, oob, addr), options)
  }

  async sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    this.#checkStream('sendFile')
    return await sendFile(this.fd, source, options)
  }

  async receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, UnixAddr]> {
    if (p === undefined) return await this.fd.reading.run(new UnixPacketOp(this.fd))
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: UnixAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  setUnlinkOnClose(on: boolean): void {
    this.#unlink = on
  }

  // The file is removed before the socket is closed, so that a program that finds it gone can bind the name
  // at once.
  override close(): Promise<void> {
    if (this.#unlink && !this.fd.isClosed) {
      const path = pathOf(this.localAddr)
      if (path !== '') unlink(path)
    }
    return super.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UnixAddr], void, undefined> {
    for await (const packet of untilClosed(() => this.receive())) {
      if (packet[0].byteLength === 0 && this.#net !== 'unixgram') return // the end
      yield packet
    }
  }

  #checkStream(name: string): void {
    if (this.#net === 'unix') return
    throw new TypeError(
      `a ${this.#net} connection has packets, which a byte stream would run together: no ${name}`,
    )
  }

  #checkPeer(addr: UnixAddr, fixed: boolean): void {
    const wrap = (cause: Error): OpError => new OpError('write', this.#net, this.fd.localAddr, addr, cause)
    if (fixed) throw wrap(ErrWriteToConnected)
    if (addr.net !== this.#net) throw wrap(errnoOf(EAFNOSUPPORT))
    if (addr.name === '') throw wrap(missingAddress())
  }
}
