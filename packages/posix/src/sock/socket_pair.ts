import { OpError, type UnixConn, type UnixNetwork } from '@net/contract'
import { abi } from '../abi/system.ts'
import { closeDescriptor, ownDescriptor, reserveDescriptor } from '../sys/descriptor.ts'
import { FD } from '../fd/fd.ts'
import { must } from '../fd/sock.ts'
import { configureSocket, socketFlags } from '../fd/sock_cloexec.ts'
import { setsockoptInt } from '../sys/sockopt.ts'
import { socketpair } from '../sys/syscall.ts'
import { unixNames, PosixUnixConn } from './unixconn.ts'
import { unixSocketType } from './unixsock.ts'

/**
 * Makes two Unix sockets without names that are each other's peer (socketpair(2)): a stream ('unix', when
 * absent), datagrams ('unixgram') or sequenced packets ('unixpacket'; darwin has none). Throws an {@link
 * OpError} of op 'socketpair'.
 *
 * @example
 * ```ts
 * import { socketPair } from '@net/posix'
 *
 * const [a, b] = socketPair()
 * await a.write(new TextEncoder().encode('hello'))
 * console.log(await b.read(new Uint8Array(16))) // 5
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function socketPair(network: UnixNetwork = 'unix'): [UnixConn, UnixConn] {
  const open: number[] = []
  try {
    const pair = new Int32Array(2)
    const sotype = unixSocketType(network) | socketFlags
    must('open', reserveDescriptor())
    must('socketpair', socketpair(abi.AF_UNIX, sotype, 0, new Uint8Array(pair.buffer)))
    const owned = [...pair].map((s) => ownDescriptor(configureSocket(s, socketFlags)))
    open.push(...owned.filter((s) => s >= 0))
    const [a, b] = owned.map((s) => socket(must('dup3', s), network)) as [PosixUnixConn, PosixUnixConn]
    return [a, b]
  } catch (e) {
    open.forEach(closeDescriptor)
    throw new OpError('socketpair', network, null, null, e as Error)
  }
}

function socket(s: number, network: UnixNetwork): PosixUnixConn {
  if (abi.SO_NOSIGPIPE !== 0) must('setsockopt', setsockoptInt(s, abi.SOL_SOCKET, abi.SO_NOSIGPIPE, 1))
  return new PosixUnixConn(new FD(s, network, unixNames[network]))
}
