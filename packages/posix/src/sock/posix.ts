import type { Target } from '@net/contract'
import { fileGroup } from './file.ts'
import { interfaceGroup } from '../interface/interface.ts'
import { ipRawSockGroup } from './iprawsock.ts'
import { ipSockGroup } from './ipsock.ts'
import { lookupGroup } from './lookup.ts'
import { poller } from '../poll/poller.ts'
import type { Spin } from '../poll/spin_policy.ts'
import type { Engine } from '../poll/turn_calls.ts'
import { sendfileGroup } from '../fd/sendfile.ts'
import { ffi } from '../sys/ffi.ts'
import { tcpSockGroup } from './tcpsock.ts'
import { udpSockGroup } from './udpsock.ts'
import { unixSockGroup } from './unixsock.ts'

/** Options of {@link posix}. */
export interface PosixOptions {
  /**
   * How long to look for the next event before sleeping, in microseconds, after events that came close
   * together; 'auto' is the default, 'off' never does it. One setting holds for all sockets of a thread: the
   * last one made.
   */
  readonly spin?: Spin
  /**
   * How to receive and send: 'epoll' by a system call each; 'io_uring' by one for the receives and one for the sends that a turn of
   * the event loop leads to, of at most 2 KiB each, and posix() throws where the kernel (Linux before 6.6, many a container)
   * refuses it; 'auto', the default, is the latter where two or more connections have something to receive in a turn and the
   * kernel allows it. A write of that kind goes when the microtasks have run that follow what was received, and before anything
   * else that its connection is asked to do. One setting holds for all sockets of a thread: the last one made. Linux alone has
   * it, and elsewhere 'io_uring' throws.
   */
  readonly engine?: Engine
}

/**
 * The kernel's sockets as a target. Throws a reason where they cannot be reached: on a system that has none
 * of that kind, or a host without a foreign function interface or without the permission to use it (Deno's --allow-ffi and
 * --allow-net); {@link hosted} works there, and {@link posixRefusal} gives that reason.
 *
 * In a worker thread over koffi it also throws when the main thread had not called it before it started the worker. The first
 * call or socket there takes some milliseconds in which the thread must not be terminated, as that may end the process: 3 times
 * in 229 that were aimed at it, and 13 in 218 where the main thread had not called this. At any other time a worker may be.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = await kernel.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const conn = await kernel.dialTCP('tcp', null, listener.addr)
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export function posix(options: PosixOptions = {}): Target {
  ffi()
  if (options.spin !== undefined) poller().setSpin(options.spin)
  if (options.engine !== undefined) poller().turn.set(options.engine)
  return {
    name: 'posix',
    ...fileGroup,
    ...interfaceGroup,
    ...ipRawSockGroup,
    ...ipSockGroup,
    ...lookupGroup,
    ...sendfileGroup,
    ...tcpSockGroup,
    ...udpSockGroup,
    ...unixSockGroup,
  }
}
