import type { Addr } from '@net/addr'
import { ErrDeadlineExceeded, OpError, type DialOptions, type ListenOptions } from '@net/contract'
import { deadlineAt, turnTaken } from '@net/io'
import { EINVAL } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import { ConnectOp, connects } from './connect.ts'
import { FD } from './fd.ts'
import type { Names } from './names.ts'
import { PosixRawConn } from './rawconn.ts'
import { openSocket } from './sock_cloexec.ts'
import { setsockoptInt } from '../sys/sockopt.ts'
import { bind, listen, syscallError } from '../sys/syscall.ts'
import { sockaddrOut } from '../wire/sockaddr.ts'

/**
 * What a socket is made of. Whoever makes one writes it as a single literal: a copy with a few properties more got a hidden
 * class of its own in every dial, and each look at it then was a search: 70 µs of processor time a dial, and 47 without.
 */
export interface SocketSpec {
  /** The network that errors name. */
  readonly net: string
  /** AF_INET, AF_INET6 or AF_UNIX. */
  readonly family: number
  /** SOCK_STREAM, SOCK_DGRAM, ... */
  readonly sotype: number
  /** The protocol, 0 for the family's own. */
  readonly proto: number
  /** Whether an IPv6 socket keeps to IPv6. */
  readonly v6only: boolean
  /** How to ask for its addresses. */
  readonly names: Names
  /** The local address to bind, or null. */
  readonly laddr: Addr | null
  /** The peer's address, or null. */
  readonly raddr: Addr | null
  /** Puts the local address for a system call and gives its length. */
  readonly putLocal: () => number
  /** The same for the peer's address. */
  readonly putRemote: () => number
}

/** Turns a negated error number into the error of the call; passes any other result on. */
export function must(call: string, result: number): number {
  if (result < 0) throw syscallError(call, result)
  return result
}

/** The network with its IP version ("tcp4"), as control functions get it. */
function controlNetwork(spec: SocketSpec): string {
  if (spec.family === abi.AF_UNIX || /[46]$/.test(spec.net)) return spec.net
  return spec.net + (spec.family === abi.AF_INET ? '4' : '6')
}

/** Opens a socket with the options every socket has. Throws bare errors. */
function newSocket(spec: SocketSpec): FD {
  const { family, sotype } = spec
  const s = must('socket', openSocket(family, sotype, spec.proto))
  try {
    if (family === abi.AF_INET6 && sotype !== abi.SOCK_RAW) {
      // The result is ignored: openbsd, whose IPv6 sockets cannot carry IPv4, refuses the option.
      setsockoptInt(s, abi.IPPROTO_IPV6, abi.IPV6_V6ONLY, spec.v6only ? 1 : 0)
    }
    if (family !== abi.AF_UNIX && (sotype === abi.SOCK_DGRAM || sotype === abi.SOCK_RAW)) {
      must('setsockopt', setsockoptInt(s, abi.SOL_SOCKET, abi.SO_BROADCAST, 1))
    }
    if (abi.SO_NOSIGPIPE !== 0) {
      must('setsockopt', setsockoptInt(s, abi.SOL_SOCKET, abi.SO_NOSIGPIPE, 1))
    }
    return new FD(s, spec.net, spec.names)
  } catch (e) {
    closeDescriptor(s)
    throw e
  }
}

/**
 * Binds a socket, listens on it if it is of a stream, and learns its address. `configure` sets options before
 * there can be a connection to inherit them, and gives 0 or a negated error number. Throws bare errors.
 */
export function listenSocket(
  spec: SocketSpec,
  options: ListenOptions,
  configure?: (fd: number) => number,
): FD {
  const fd = newSocket(spec)
  try {
    const stream = spec.sotype === abi.SOCK_STREAM || spec.sotype === abi.SOCK_SEQPACKET
    if (options.reuseAddress ?? (stream && spec.family !== abi.AF_UNIX)) {
      must('setsockopt', setsockoptInt(fd.fd, abi.SOL_SOCKET, abi.SO_REUSEADDR, 1))
    }
    if (options.reusePort) must('setsockopt', setsockoptInt(fd.fd, abi.SOL_SOCKET, abi.SO_REUSEPORT, 1))
    if (configure !== undefined) must('setsockopt', configure(fd.fd))
    options.control?.(controlNetwork(spec), spec.laddr?.toString() ?? '', new PosixRawConn(fd))
    must('bind', bindTo(fd, spec))
    if (stream) must('listen', listen(fd.fd, options.backlog ?? maxBacklog()))
    fd.setAddrs(spec.names.local(fd.fd), null)
    return fd
  } catch (e) {
    void fd.close()
    throw e
  }
}

/** Makes a socket that has neither a name nor a peer. Throws bare errors. */
export function unnamedSocket(spec: SocketSpec, { control }: DialOptions): FD {
  const fd = newSocket(spec)
  try {
    control?.(controlNetwork(spec), '', new PosixRawConn(fd))
    return fd
  } catch (e) {
    void fd.close()
    throw e
  }
}

function bindTo(fd: FD, spec: SocketSpec): number {
  const length = spec.putLocal()
  return length < 0 ? EINVAL : bind(fd.fd, sockaddrOut, length)
}

// A value that is too large does no harm: the kernel cuts it down to what the system allows.
function maxBacklog(): number {
  return abi.SOMAXCONN < 4096 ? 4096 : abi.SOMAXCONN
}

function dialError({ net, laddr, raddr }: SocketSpec, cause: unknown): OpError {
  return cause instanceof OpError ? cause : new OpError('dial', net, laddr, raddr, cause as Error)
}

/** Does what {@link connectSocket} does when the event loop has had its turn. */
export async function dialSocket(spec: SocketSpec, options: DialOptions): Promise<FD> {
  const turn = turnTaken()
  if (turn !== null) await turn
  return connectSocket(spec, options)
}

/**
 * Connects a socket, and gives it at once where it need not wait, as to most of this machine: a dial takes a twentieth less time
 * without the functions that wait. Throws, or rejects with, the dial's {@link OpError} or the signal's reason.
 */
export function connectSocket(spec: SocketSpec, options: DialOptions): FD | Promise<FD> {
  options.signal?.throwIfAborted()
  const deadline = deadlineAt(options.deadline ?? null)
  let fd: FD | null = null
  try {
    if (deadline !== Infinity && deadline <= performance.now()) throw ErrDeadlineExceeded
    fd = newSocket(spec)
    fd.setAddrs(spec.laddr, spec.raddr) // for the errors of the connect
    options.control?.(controlNetwork(spec), spec.raddr?.toString() ?? '', new PosixRawConn(fd))
    if (spec.laddr !== null) must('bind', bindTo(fd, spec))
    fd.keepNonblocking()
    if (!connects(fd, spec.putRemote)) return waitForConnect(fd, spec, deadline, options)
    fd.setAddrs(undefined, undefined)
    return fd
  } catch (e) {
    throw failedDial(fd, spec, options, e)
  }
}

async function waitForConnect(fd: FD, spec: SocketSpec, deadline: number, options: DialOptions): Promise<FD> {
  try {
    fd.writing.setDeadlineAt(deadline)
    await fd.writing.run(new ConnectOp(fd, spec.putRemote), options)
    fd.writing.setDeadlineAt(Infinity)
    fd.setAddrs(undefined, undefined)
    return fd
  } catch (e) {
    throw failedDial(fd, spec, options, e)
  }
}

// Lets go of the socket of a dial that failed. Gives the dial's error; a signal's reason stays as it is.
function failedDial(fd: FD | null, spec: SocketSpec, { signal }: DialOptions, e: unknown): unknown {
  void fd?.close()
  return signal?.aborted && e === signal.reason ? e : dialError(spec, e)
}
