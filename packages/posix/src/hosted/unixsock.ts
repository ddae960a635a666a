import type { Server, Socket } from 'node:net'
import { UnixAddr, UnknownNetworkError } from '@net/addr'
import {
  ErrClosed,
  ErrWriteToConnected,
  OpError,
  type FileSource,
  type IOOptions,
  type SendFileOptions,
  type UnixConn,
  type UnixListener,
  type UnixSockGroup,
  checkAddr,
  checkBuffer,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { copyingSendfileGroup, untilClosed } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { HostedStreamConn } from './conn.ts'
import { dialSocket } from './dial.ts'
import { hostHas, refuseAbstract } from './host_features.ts'
import { BACKLOG, HostedListener, ListenHandle, listenServer } from './listener.ts'
import { pipePath } from './pipe_path.ts'
import { READ_AHEAD, StreamHandle } from './stream.ts'

// The host gives no names for the ends of a pipe. The listener's is known all the same, the client's is not.
const unnamed = new UnixAddr('', 'unix')

const CHUNK = 65536 // bytes of a buffer that nobody gave

/**
 * A connection over a Unix socket (on Windows a named pipe) of the host. It is a stream, so the methods for
 * packets give the bytes that are there, and those that send to an address refuse.
 */
class HostedUnixConn extends HostedStreamConn<UnixAddr> implements UnixConn {
  /** Takes over a connected socket. */
  constructor(socket: Socket, localAddr: UnixAddr, remoteAddr: UnixAddr) {
    super(new StreamHandle(socket, 'unix', localAddr, remoteAddr))
  }

  get addr(): UnixAddr {
    return this.localAddr
  }

  /** Refuses on Windows: a pipe that stops to write has no other direction left. */
  override closeWrite(): Promise<void> {
    if (!hostHas.namedPipes || this.handle.isClosed) return super.closeWrite()
    return Promise.reject(this.handle.opError('close', ErrWindows))
  }

  protected override endWritable(): Promise<void> {
    // Where there is no half-close the peer sees the end at close(), when the other stream has ended, too.
    return hostHas.namedPipes ? Promise.resolve() : this.closeWrite()
  }

  async readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    return [(await this.read(p, options)) ?? 0, this.remoteAddr]
  }

  readFromUnix(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UnixAddr]> {
    return this.readFrom(p, options)
  }

  writeTo(p: Uint8Array, addr: UnixAddr, _options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p) ?? checkAddr(addr, 'a UnixAddr')
    return Promise.reject(wrong ?? new OpError('write', 'unix', this.localAddr, addr, ErrWriteToConnected))
  }

  writeToUnix(p: Uint8Array, addr: UnixAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Copies: the host sends no files. Writes made meanwhile go between its own. */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return copyingSendfileGroup.sendFile(this, source, options)
  }

  async receive(
    p: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK),
  ): Promise<[Uint8Array<ArrayBuffer>, UnixAddr]> {
    const [n, addr] = await this.readFrom(p)
    return [p.subarray(0, n), addr]
  }

  send(p: Uint8Array, addr: UnixAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  /** Refuses: the host has no control messages. */
  readMsgUnix(_p: Uint8Array, _oob: Uint8Array, _options?: IOOptions): Promise<never> {
    return Promise.reject(this.handle.opError('read', ErrWindows))
  }

  /** Refuses: the host has no control messages. */
  writeMsgUnix(
    _p: Uint8Array,
    _oob: Uint8Array,
    _addr: UnixAddr | null,
    _options?: IOOptions,
  ): Promise<never> {
    return Promise.reject(this.handle.opError('write', ErrWindows))
  }

  /** The host binds no connection to a file: turning this on is refused. */
  setUnlinkOnClose(on: boolean): void {
    this.handle.checkOpen()
    if (on) this.handle.refuse()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array<ArrayBuffer>, UnixAddr], void, undefined> {
    const p = new Uint8Array(CHUNK)
    for await (const n of untilClosed(() => this.read(p))) {
      if (n === null) return
      yield [p.slice(0, n), this.remoteAddr]
    }
  }
}

/** A listener on a Unix socket (on Windows a named pipe) of the host. */
class HostedUnixListener extends HostedListener<UnixConn, UnixAddr> implements UnixListener {
  /** Takes over a listening socket. */
  constructor(server: Server, addr: UnixAddr) {
    super(new ListenHandle(server, 'unix', addr))
  }

  acceptUnix(options?: IOOptions): Promise<UnixConn> {
    return this.accept(options)
  }

  /** The host always removes the file: turning that off is refused. */
  setUnlinkOnClose(on: boolean): void {
    if (this.handle.isClosed) throw this.handle.opError('set', ErrClosed)
    if (!on) throw this.handle.opError('set', ErrWindows)
  }

  protected connection(socket: Socket): UnixConn {
    return new HostedUnixConn(socket, this.addr, unnamed)
  }
}

function checkNetwork(network: string): void {
  if (network === 'unixgram' || network === 'unixpacket') throw ErrWindows
  if (network !== 'unix') throw new UnknownNetworkError(network)
}

/** The path by which the host knows a name: only on linux are there abstract ones, only on Windows pipes. Throws bare errors. */
function path({ name, path }: UnixAddr): string {
  if (hostHas.namedPipes) return pipePath(name)
  if (!hostHas.abstractNames) return name
  refuseAbstract(name)
  return path
}

/** Stream sockets in the Unix domain over the host's. */
export const hostedUnixSockGroup: UnixSockGroup = {
  async dialUnix(network, laddr, raddr, options = {}) {
    checkAddrs('a UnixAddr', laddr, raddr)
    const error = (cause: Error): OpError => new OpError('dial', network, laddr, raddr, cause)
    const how = { path: '', allowHalfOpen: true, highWaterMark: READ_AHEAD }
    try {
      checkNetwork(network)
      if (raddr === null) throw missingAddress()
      if (laddr !== null || options.control !== undefined) throw ErrWindows
      how.path = path(raddr)
    } catch (e) {
      throw error(e as Error)
    }
    return new HostedUnixConn(await dialSocket(how, error, options), unnamed, raddr)
  },

  async listenUnix(network, laddr, options = {}) {
    checkAddrs('a UnixAddr', laddr)
    try {
      checkNetwork(network)
      if (laddr === null) throw missingAddress()
      if (options.control !== undefined || options.reusePort === true) throw ErrWindows
      const backlog = options.backlog ?? BACKLOG
      return new HostedUnixListener(await listenServer({ path: path(laddr), backlog }), laddr)
    } catch (e) {
      throw new OpError('listen', network, null, laddr, e as Error)
    }
  },

  async listenUnixgram(network, laddr) {
    const known = (network as string) === 'unixgram'
    const cause = !known ? new UnknownNetworkError(network) : laddr === null ? missingAddress() : ErrWindows
    throw new OpError('listen', network, null, laddr, cause)
  },
}
