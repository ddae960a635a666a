// Urgent data of TCP (RFC 6093): MSG_OOB of sys/socket.h, sockatmark(3).
import { OpError, type IOOptions, type TCPConn, checkBuffer, byteLengthOf } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { ErrUnsupported, UnsupportedError } from '@net/stubs'
import { EAGAIN, EINVAL } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { streamFD } from '../fd/conn.ts'
import type { FD } from '../fd/fd.ts'
import { FDOp } from '../fd/op.ts'
import { IPPROTO_MPTCP } from '../option/sockopt_linux.ts'
import { tcpOptions } from '../option/options_tcp.ts'
import { check, descriptor } from '../fd/rawconn.ts'
import { getsockoptBytes, getsockoptInt } from '../sys/sockopt.ts'
import { recv, send, syscall, syscallError } from '../sys/syscall.ts'

const sockatmark = syscall('int sockatmark(int fd)')

const { linux: TCP_INFO = 0 } = tcpOptions.TCP_INFO.numbers

// Of linux/tcp_states.h: the states in which a peer can still send.
const TCP_ESTABLISHED = 1
const TCP_FIN_WAIT1 = 4
const TCP_FIN_WAIT2 = 5

const state = new Uint8Array(1) // struct tcp_info begins with it

function peerSends(fd: number): boolean {
  getsockoptBytes(fd, abi.IPPROTO_TCP, TCP_INFO, state)
  const [now] = state
  return now === TCP_ESTABLISHED || now === TCP_FIN_WAIT1 || now === TCP_FIN_WAIT2
}

// Multipath TCP has no urgent data: the kernel would send plain bytes and never find any to read.
function isMultipath(fd: number): boolean {
  const protocol = { value: 0 }
  if (abi.SO_PROTOCOL !== 0) getsockoptInt(fd, abi.SOL_SOCKET, abi.SO_PROTOCOL, protocol)
  return protocol.value === IPPROTO_MPTCP
}

/** Waits for an urgent byte and takes it. */
class UrgentReadOp extends FDOp<number | null> {
  readonly #p = new Uint8Array(1)

  constructor(fd: FD) {
    super('read', fd)
  }

  attempt(): boolean {
    const { fd } = this.fd
    // The state is read before the byte: a byte that comes between the two calls wakes the operation again.
    const sends = peerSends(fd)
    const n = recv(fd, this.#p, 1, abi.MSG_OOB)
    if (n > 0) return this.done(this.#p[0] ?? 0)
    // EINVAL: there is no urgent byte. EAGAIN: one was announced and has not come yet.
    if (n === EINVAL || n === EAGAIN) return sends ? false : this.done(null)
    return n === 0 ? this.done(null) : this.fail(syscallError('recv', n))
  }
}

/** Waits for room and writes all of a buffer, the last byte as an urgent one. */
class UrgentWriteOp extends FDOp<number> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  #n = 0

  constructor(fd: FD, p: Uint8Array) {
    super('write', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
  }

  attempt(): boolean {
    const length = this.#byteLength
    while (this.#n < length) {
      if (!this.fd.writeReady) return false
      checkKept(this.#p, length)
      // The last byte is sent by a call of its own: MSG_OOB marks the last byte that is sent, so a send of
      // several bytes that went only in part would mark a wrong one.
      const [end, flag] = this.#n === length - 1 ? [length, abi.MSG_OOB] : [length - 1, 0]
      const part = this.#p.subarray(this.#n, end)
      const n = send(this.fd.fd, part, byteLengthOf(part), abi.MSG_NOSIGNAL | flag)
      if (n >= 0) this.#n += n
      else if (n === EAGAIN) this.fd.writeReady = false
      else return this.fail(syscallError('send', n))
    }
    return this.done(length)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }
}

/**
 * The descriptor of a connection that may have urgent data. Throws the refusal of the connection's target for
 * others.
 */
function tcpFD(conn: TCPConn, op: string): FD {
  const fd = streamFD(conn)
  if (fd?.net.startsWith('tcp') && (fd.isClosed || !isMultipath(fd.fd))) return fd
  const { localAddr, remoteAddr } = conn
  let cause: Error = ErrUnsupported
  try {
    conn.syscallConn()
  } catch (e) {
    if (e instanceof OpError) cause = e.cause
  }
  throw new OpError(op, localAddr.network, localAddr, remoteAddr, cause)
}

/**
 * Writes all of `p` to a TCP connection of the kernel, its last byte as an urgent one, and gives the number
 * of bytes. It keeps its turn among writes; deadlines, signal and `n` of an error are those of a write. A
 * peer has room for one urgent byte: one that it has not taken when the next comes is lost to it, or goes on
 * in the stream. Rejects with an {@link OpError}: that of the target for connections that are not the
 * kernel's, ENOTSUP for those that are not of TCP or of multipath TCP.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { listenTCPSync, posix, writeUrgent } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const [a, b] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
 * console.log(await writeUrgent(a, Uint8Array.of(1, 2, 3))) // 3
 * await Promise.all([a.close(), b.close(), listener.close()])
 * ```
 */
export async function writeUrgent(conn: TCPConn, p: Uint8Array, options?: IOOptions): Promise<number> {
  const wrong = checkBuffer(p)
  if (wrong !== null) throw wrong
  const fd = tcpFD(conn, 'write')
  return await fd.writing.run(new UrgentWriteOp(fd, p), options)
}

/**
 * Waits for an urgent byte and gives it, before the bytes that precede it in the stream have been read; null
 * when the peer will send no more. It can only come once there is room for it: a receive buffer that is full
 * must be read first. Reads pass over it. Where `SO_OOBINLINE` is set urgent bytes stay in the stream, and
 * this waits for the end: use {@link atUrgentMark}. Ends by `signal` and close; the read deadline is of the
 * stream's bytes only. Linux: elsewhere it rejects with an {@link OpError} whose code is ENOTSUP; for other
 * connections it rejects as {@link writeUrgent} does.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { listenTCPSync, posix, readUrgent, writeUrgent } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const [a, b] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
 * await writeUrgent(a, Uint8Array.of(7))
 * console.log(await readUrgent(b)) // 7
 * await Promise.all([a.close(), b.close(), listener.close()])
 * ```
 */
export async function readUrgent(conn: TCPConn, options?: IOOptions): Promise<number | null> {
  const fd = tcpFD(conn, 'read')
  if (!abi.has.urgentEvents) {
    throw fd.opError('read', new UnsupportedError(`readUrgent not supported by ${abi.kernel}`, 'ENOTSUP'))
  }
  return await fd.urgent.run(new UrgentReadOp(fd), options)
}

/**
 * Whether the next byte that a TCP connection reads comes from behind the urgent mark: a read never goes over
 * the mark in one piece. With `SO_OOBINLINE` set that byte is the urgent one. Throws an {@link OpError}, as
 * {@link writeUrgent} rejects.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { atUrgentMark, listenTCPSync, posix, writeUrgent } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const [a, b] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
 * await writeUrgent(a, Uint8Array.of(1, 2, 3))
 * console.log(await b.read(new Uint8Array(8))) // 2
 * console.log(atUrgentMark(b)) // true
 * await Promise.all([a.close(), b.close(), listener.close()])
 * ```
 */
export function atUrgentMark(conn: TCPConn): boolean {
  const fd = tcpFD(conn, 'get')
  return check(fd, 'get', 'sockatmark', sockatmark(descriptor(fd, 'get'))) === 1
}
