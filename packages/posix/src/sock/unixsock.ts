import { UnknownNetworkError, type UnixAddr } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type ListenOptions,
  type UnixConn,
  type UnixListener,
  type UnixNetwork,
  type UnixSockGroup,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { abi } from '../abi/system.ts'
import type { FD } from '../fd/fd.ts'
import { dialSocket, listenSocket, unnamedSocket, type SocketSpec } from '../fd/sock.ts'
import { putUnix } from '../wire/sockaddr.ts'
import { unixNames, PosixUnixConn } from './unixconn.ts'
import { PosixUnixListener } from './unixlistener.ts'

const sotypes: Readonly<Record<UnixNetwork, number>> = {
  unix: abi.SOCK_STREAM,
  unixgram: abi.SOCK_DGRAM,
  unixpacket: abi.SOCK_SEQPACKET,
}

/** The SOCK_ constant of a Unix network. Throws a bare error for what is none. */
export function unixSocketType(network: UnixNetwork): number {
  // `network` may be any string at run time, as programs pass on what they were given.
  const sotype = Object.hasOwn(sotypes, network) ? sotypes[network] : undefined
  if (sotype === undefined) throw new UnknownNetworkError(network)
  return sotype
}

function spec(network: UnixNetwork, laddr: UnixAddr | null, raddr: UnixAddr | null): SocketSpec {
  return {
    net: network,
    family: abi.AF_UNIX,
    v6only: false,
    sotype: unixSocketType(network),
    proto: 0,
    names: unixNames[network],
    laddr,
    raddr,
    putLocal: () => putUnix(laddr?.name ?? ''),
    putRemote: () => putUnix(raddr?.name ?? ''),
  }
}

function listen(network: UnixNetwork, laddr: UnixAddr | null, options: ListenOptions): [FD, UnixAddr] {
  const s = spec(network, laddr, null)
  if (laddr === null) throw missingAddress()
  return [listenSocket(s, options), laddr]
}

/**
 * Listens at once: the address is there when it returns. Throws an {@link OpError}.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { UnixAddr } from '@net/addr'
 * import { listenUnixSync } from '@net/posix'
 *
 * const dir = mkdtempSync(join(tmpdir(), 'socket-'))
 * const listener = listenUnixSync('unix', new UnixAddr(join(dir, 'app.sock'), 'unix'))
 * console.log(listener.addr.network) // unix
 * await listener.close()
 * rmSync(dir, { recursive: true })
 * ```
 */
export function listenUnixSync(
  network: UnixNetwork,
  laddr: UnixAddr | null,
  options: ListenOptions = {},
): UnixListener {
  checkAddrs('a UnixAddr', laddr)
  try {
    if (network === 'unixgram') throw new UnknownNetworkError(network) // it has no connections to accept
    return new PosixUnixListener(...listen(network, laddr, options), true)
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/**
 * Makes a datagram socket at once: the address is there when it returns. Throws an {@link OpError}.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { UnixAddr } from '@net/addr'
 * import { listenUnixgramSync } from '@net/posix'
 *
 * const dir = mkdtempSync(join(tmpdir(), 'socket-'))
 * const conn = listenUnixgramSync('unixgram', new UnixAddr(join(dir, 'log.sock'), 'unixgram'))
 * console.log(conn.localAddr.network) // unixgram
 * await conn.close()
 * rmSync(dir, { recursive: true })
 * ```
 */
export function listenUnixgramSync(
  network: 'unixgram',
  laddr: UnixAddr | null,
  options: ListenOptions = {},
): UnixConn {
  checkAddrs('a UnixAddr', laddr)
  try {
    if ((network as string) !== 'unixgram') throw new UnknownNetworkError(network)
    return new PosixUnixConn(listen(network, laddr, options)[0], false)
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/**
 * Makes a datagram socket that has no peer, which Go too calls dialling where it has a name; without one it
 * sends, and nobody can answer.
 */
function dialNobody(laddr: UnixAddr | null, options: DialOptions): UnixConn {
  options.signal?.throwIfAborted()
  try {
    const { control } = options
    const s = spec('unixgram', laddr, null)
    const fd = laddr === null ? unnamedSocket(s, options) : listenSocket(s, { control })
    return new PosixUnixConn(fd, false)
  } catch (e) {
    throw new OpError('dial', 'unixgram', laddr, null, e as Error)
  }
}

/** Unix sockets of the kernel. */
export const unixSockGroup: UnixSockGroup = {
  async dialUnix(network, laddr, raddr, options: DialOptions = {}) {
    checkAddrs('a UnixAddr', laddr, raddr)
    let s: SocketSpec
    try {
      s = spec(network, laddr, raddr)
      if (raddr === null || raddr.name === '') {
        if (network === 'unixgram') return dialNobody(laddr, options)
        throw missingAddress()
      }
    } catch (e) {
      if (e instanceof OpError) throw e
      throw new OpError('dial', network, laddr, raddr, e as Error)
    }
    const fd = await dialSocket(s, options)
    fd.setAddrs(undefined, raddr)
    return new PosixUnixConn(fd)
  },

  async listenUnix(network, laddr, options) {
    return await Promise.resolve(listenUnixSync(network, laddr, options))
  },

  async listenUnixgram(network, laddr, options) {
    return await Promise.resolve(listenUnixgramSync(network, laddr, options))
  },
}
