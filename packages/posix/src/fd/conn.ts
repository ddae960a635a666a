import type { Addr } from '@net/addr'
import {
  ErrClosed,
  type ByteStreams,
  type Conn,
  type File,
  type IOOptions,
  type RawConn,
  checkBuffer,
  checkNumber,
} from '@net/contract'
import { ConnStreams, isOver, LaneConn } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { fileOf } from './fd_file.ts'
import { endOf, readOnce, ReadOp, WriteOp } from './stream_op.ts'
import { check, descriptor, PosixRawConn } from './rawconn.ts'
import { setReadBuffer, setWriteBuffer } from '../sys/sockopt.ts'
import { send, shutdown } from '../sys/syscall.ts'
import { MESSAGE } from '../poll/turn_calls.ts'
import { writev } from './writev.ts'

/** Reads into `p`, as read of a connection says. */
function read(fd: FD, p: Uint8Array, options?: IOOptions): Promise<number | null> {
  const wrong = checkBuffer(p)
  if (wrong !== null) return Promise.reject(wrong)
  if (p.byteLength === 0 && !fd.isClosed) return Promise.resolve(0)
  if (fd.readReady && fd.reading.free && !isOver(options)) {
    // These lines are ReadOp.attempt without an operation: most reads find their data here, and need no
    // allocation.
    const n = readOnce(fd, p)
    if (n > 0) return Promise.resolve(n)
    if (n === 0) return Promise.resolve(endOf(fd))
    // The kernel reports an error of the connection once, so an operation that tried again would not meet it.
    if (n !== EAGAIN) return Promise.reject(fd.callError('read', 'read', n))
  }
  return fd.reading.run(new ReadOp(fd, p), options)
}

/** Writes all of `p`, as write of a connection says. */
export function write(fd: FD, p: Uint8Array, options?: IOOptions): Promise<number> {
  const wrong = checkBuffer(p)
  if (wrong !== null) return Promise.reject(wrong)
  if (goesWithTurn(fd, p)) return fd.writing.run(new WriteOp(fd, p, 0, true), options)
  let n = 0
  if (fd.mayWrite && !isOver(options)) {
    n = send(fd.fd, p, p.byteLength, abi.MSG_NOSIGNAL)
    if (n === p.byteLength) return Promise.resolve(n)
    if (n < 0 && n !== EAGAIN) {
      return Promise.reject(Object.assign(fd.callError('write', 'write', n), { n: 0 }))
    }
    if (n === EAGAIN) fd.full()
  }
  return fd.writing.run(new WriteOp(fd, p, Math.max(n, 0), false), options)
}

function goesWithTurn(fd: FD, { byteLength }: Uint8Array): boolean {
  return fd.poller.turn.sends && byteLength > 0 && byteLength <= MESSAGE
}

function closeHalf(fd: FD, how: number): Promise<void> {
  if (fd.isClosed) return Promise.reject(fd.opError('close', ErrClosed))
  const result = shutdown(fd.fd, how)
  return result < 0 ? Promise.reject(fd.callError('close', 'shutdown', result)) : Promise.resolve()
}

/** Sets the size of one of the kernel's buffers by `set`. Throws the error of a setter. */
export function setBufferSize(fd: FD, set: (fd: number, bytes: number) => number, bytes: number): void {
  checkNumber(bytes, 'the size of a buffer')
  check(fd, 'set', 'setsockopt', set(descriptor(fd, 'set'), bytes))
}

/** Duplicates a connection's descriptor for the caller. Rejects with an {@link OpError}. */
export async function connFile(fd: FD): Promise<File> {
  try {
    return await Promise.resolve(fileOf(fd))
  } catch (cause) {
    throw fd.opError('file', cause as Error)
  }
}

/** A TCP or Unix socket: what these connections have in common. */
export abstract class PosixConn<A extends Addr> extends LaneConn<A> implements Conn<A>, ByteStreams {
  /** The descriptor. */
  protected readonly fd: FD
  #streams: ConnStreams | null = null

  /** Takes over a connected socket. */
  constructor(fd: FD) {
    super()
    this.fd = fd
  }

  protected get handle(): FD {
    return this.fd
  }

  /** What {@link streamFD} gives. */
  static fdOf(conn: unknown): FD | null {
    return conn instanceof PosixConn ? conn.fd : null
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    return read(this.fd, p, options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return write(this.fd, p, options)
  }

  writev(buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
    return writev(this.fd, buffers, options)
  }

  closeRead(): Promise<void> {
    return closeHalf(this.fd, abi.SHUT_RD)
  }

  closeWrite(): Promise<void> {
    return closeHalf(this.fd, abi.SHUT_WR)
  }

  setReadBuffer(bytes: number): void {
    setBufferSize(this.fd, setReadBuffer, bytes)
  }

  setWriteBuffer(bytes: number): void {
    setBufferSize(this.fd, setWriteBuffer, bytes)
  }

  file(): Promise<File> {
    return connFile(this.fd)
  }

  syscallConn(): RawConn {
    return new PosixRawConn(this.fd)
  }
}

/** The descriptor of a TCP or Unix connection of this package; null for anything else. */
export function streamFD(conn: unknown): FD | null {
  return PosixConn.fdOf(conn)
}
