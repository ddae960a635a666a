// Sockets of netlink(7).
import { Errno, OpError, SyscallError } from '@net/contract'
import { EAGAIN, EINTR, EINVAL } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import { FD } from '../fd/fd.ts'
import type { Names } from '../fd/names.ts'
import {
  DumpReply,
  encodeNetlinkMessage,
  NETLINK_ROUTE,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  viewOf,
} from '../wire/netlink.ts'
import { littleEndian, type NetlinkMessage } from '../wire/netlink.ts'
import { FDOp } from '../fd/op.ts'
import { must } from '../fd/sock.ts'
import { resetLength, sockaddrOut, sockaddrIn, sockaddrInLength } from '../wire/sockaddr.ts'
import { openSocket } from '../fd/sock_cloexec.ts'
import { bind, errnoOf, recvfrom, sendto, syscallError } from '../sys/syscall.ts'

const AF_NETLINK = 16

/*
 * struct sockaddr_nl
 *   0        2     4         8        12
 *   +--------+-----+---------+--------+
 *   | family | pad | port ID | groups |
 *   +--------+-----+---------+--------+
 */
const SizeofSockaddrNetlink = 12

const nameless: Names = { local: () => null, remote: () => null }

const PARSE = 'parsenetlinkmessage'

/** The error of an answer that cannot be read. */
export function malformed(): SyscallError {
  return new SyscallError(PARSE, errnoOf(EINVAL))
}

/**
 * Opens a socket that hears the events of `groups` (a set of RTMGRP bits, 0 for none). Throws bare errors.
 */
export function openNetlink(groups: number): FD {
  const s = must('socket', openSocket(AF_NETLINK, abi.SOCK_RAW, NETLINK_ROUTE))
  try {
    putNetlink(groups)
    must('bind', bind(s, sockaddrOut, SizeofSockaddrNetlink))
    return new FD(s, 'netlink', nameless)
  } catch (e) {
    closeDescriptor(s)
    throw e
  }
}

/**
 * Puts a port's address into {@link sockaddrOut}: the kernel's, or of a socket whose port the kernel is to
 * choose.
 */
function putNetlink(groups: number): void {
  sockaddrOut.fill(0, 0, SizeofSockaddrNetlink)
  const view = viewOf(sockaddrOut)
  view.setUint16(0, AF_NETLINK, littleEndian)
  view.setUint32(8, groups, littleEndian)
}

// One buffer serves all sockets of the thread, as a datagram is parsed before the next one is read. In a dump
// the kernel fills at most 32 KiB of it.
let buffer = new Uint8Array(0)
let wanted = 32768 // bytes

/**
 * What a receive found: a datagram, that none is there, one too long for the buffer, or a negated error
 * number.
 */
export type Received = Uint8Array | 'empty' | 'truncated' | number

/**
 * Receives a datagram of the kernel's without waiting. It is a view of a buffer that the next call uses
 * again; after one that was too long the buffer is large enough for its like. Without `p` the buffer is the
 * thread's.
 */
export function receiveNetlink(fd: FD, p?: Uint8Array): Received {
  if (p === undefined && buffer.byteLength < wanted) buffer = new Uint8Array(wanted)
  const into = p ?? buffer
  for (;;) {
    resetLength()
    const n = recvfrom(fd.fd, into, into.byteLength, abi.MSG_TRUNC, sockaddrIn, sockaddrInLength)
    if (n === EAGAIN) {
      fd.readReady = false
      return 'empty'
    }
    if (n === EINTR) continue
    if (n < 0) return n
    // Other processes may write to this socket, too: a datagram is the kernel's only if it comes from port 0.
    if (viewOf(sockaddrIn).getUint32(4, littleEndian) !== 0) continue
    if (n <= into.byteLength) return into.subarray(0, n)
    wanted = Math.max(wanted, 2 * n)
    return 'truncated'
  }
}

/**
 * Waits for the answer to a dump. Gives true when it is complete and false when it must be asked for again.
 */
class DumpOp extends FDOp<boolean> {
  readonly #reply: DumpReply
  readonly #each: (m: NetlinkMessage) => void
  readonly #buffer: Uint8Array | undefined

  constructor(fd: FD, reply: DumpReply, each: (m: NetlinkMessage) => void, p?: Uint8Array) {
    super('dump', fd)
    this.#reply = reply
    this.#each = each
    this.#buffer = p
  }

  attempt(): boolean {
    while (this.fd.readReady) {
      const received = receiveNetlink(this.fd, this.#buffer)
      if (received === 'empty') return false
      if (received === 'truncated') return this.done(false)
      if (typeof received === 'number') return this.fail(syscallError('recvfrom', received))
      const state = this.#reply.add(received, this.#each)
      if (state === 'done') return this.done(true)
      if (state === 'interrupted') return this.done(false)
      if (state === 'failed') return this.fail(errnoOf(this.#reply.error))
      if (state === 'malformed') return this.fail(malformed())
    }
    return false
  }
}

const TRIES = 32 // a dump that is interrupted so often in a row meets changes without end

let sequence = 0

/**
 * Asks for all there is of a kind (an RTM_GET constant) and gives what `parse` makes of each message of the
 * answer, leaving out null. What changes in the middle of an answer makes it ask again. `payload` is the
 * request's structure. The first try reads into `first` when it is given. Rejects with a {@link
 * SyscallError}.
 */
export async function dump<T>(
  type: number,
  payload: Uint8Array,
  parse: (m: NetlinkMessage) => T | null,
  first?: Uint8Array,
): Promise<T[]> {
  let p = first
  for (let i = 0; i < TRIES; i++, p = undefined) {
    const found: T[] = []
    const each = (m: NetlinkMessage): void => {
      const t = parse(m)
      if (t !== null) found.push(t)
    }
    if (await dumpOnce(type, payload, each, p)) return found
  }
  throw new SyscallError('netlinkrib', errnoOf(EINTR))
}

async function dumpOnce(
  type: number,
  payload: Uint8Array,
  each: (m: NetlinkMessage) => void,
  p: Uint8Array | undefined,
): Promise<boolean> {
  let fd: FD | null = null
  try {
    // Each dump has a socket of its own, so that the rest of an answer that was given up cannot reach the
    // next dump.
    fd = openNetlink(0)
    sequence = (sequence + 1) >>> 0 || 1
    const request = encodeNetlinkMessage({
      type,
      flags: NLM_F_REQUEST | NLM_F_DUMP,
      seq: sequence,
      pid: 0,
      payload,
    })
    putNetlink(0)
    must('sendto', sendto(fd.fd, request, request.byteLength, 0, sockaddrOut, SizeofSockaddrNetlink))
    return await fd.reading.run(new DumpOp(fd, new DumpReply(sequence), each, p))
  } catch (e) {
    throw rib(e as Error)
  } finally {
    void fd?.close()
  }
}

// Go reports every failure of a dump as "netlinkrib: " with the error number, whichever system call failed.
function rib(e: Error): Error {
  const cause = e instanceof OpError ? e.cause : e
  if (cause instanceof Errno) return new SyscallError('netlinkrib', cause)
  if (!(cause instanceof SyscallError)) return e
  return cause.syscall === PARSE ? cause : new SyscallError('netlinkrib', cause.cause)
}
