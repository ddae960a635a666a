import { OpError, type RawConn } from '@net/contract'
import { UnsupportedError } from '@net/stubs'
import { EINVAL } from '../abi/errno.ts'
import { platform } from '../abi/platform.ts'
import { abi, system } from '../abi/system.ts'
import type { Kernel } from '../abi/abi.ts'
import type { OptionLevel, OptionRow, SettableRow } from './option_row.ts'
import { decodeOption, encodeOption, optionSize, type OptionType, type OptionValues } from './option_value.ts'
import { ip4Options, ip6Options, udpOptions } from './options_ip.ts'
import { socketOptions } from './options_socket.ts'
import { tcpOptions } from './options_tcp.ts'
import { PosixRawConn } from '../fd/rawconn.ts'
import { SOL_MPTCP } from './sockopt_linux.ts'
import { syscallError } from '../sys/syscall.ts'

/**
 * The socket options: name, level, type, numbers by kernel, page of the manual. A row more in one of the
 * files this is made of is an option more for {@link getOption} and {@link setOption}.
 */
export const socketOptionTable = {
  ...socketOptions,
  ...tcpOptions,
  ...ip4Options,
  ...ip6Options,
  ...udpOptions,
}

type Table = typeof socketOptionTable

/** The name of a socket option. */
export type OptionName = keyof Table

/** The name of a socket option that can be set. */
export type SettableOptionName = { [N in OptionName]: Table[N] extends SettableRow ? N : never }[OptionName]

/** The value of an option. */
export type OptionValue<N extends OptionName> = Table[N] extends OptionRow<infer T> ? OptionValues[T] : never

/** What has socket options: a connection or listener, or the {@link RawConn} that `control` is given. */
export type OptionSocket = RawConn | { syscallConn(): RawConn }

function levelNumber(level: OptionLevel): number {
  return level === 'SOL_MPTCP' ? SOL_MPTCP : abi[level]
}

/**
 * The number of an option on a kernel, the running one unless another is named; undefined where it has none.
 *
 * @example
 * ```ts
 * import { optionNumber } from '@net/posix'
 *
 * console.log(optionNumber('SO_REUSEPORT', 'linux'), optionNumber('SO_REUSEPORT', 'darwin')) // 15 512
 * ```
 */
export function optionNumber(
  name: OptionName,
  kernel: string = system?.kernel ?? platform,
): number | undefined {
  const row: OptionRow = socketOptionTable[name]
  return row.numbers[kernel as Kernel]
}

function failure(op: string, raw: RawConn, cause: Error): OpError {
  return raw instanceof PosixRawConn ? raw.opError(op, cause) : new OpError(op, '', null, null, cause)
}

function lookUp(
  op: string,
  raw: RawConn,
  name: OptionName,
): { row: OptionRow; level: number; number: number } {
  if (!Object.hasOwn(socketOptionTable, name)) throw new TypeError(`${name} is not a known socket option`)
  const number = optionNumber(name)
  if (number === undefined) {
    const cause = new UnsupportedError(`${name} not supported by ${platform}`, 'ENOTSUP')
    throw failure(op, raw, cause)
  }
  const row: OptionRow = socketOptionTable[name]
  return { row, level: levelNumber(row.level), number }
}

function rawConn(socket: OptionSocket): RawConn {
  return 'syscallConn' in socket ? socket.syscallConn() : socket
}

/**
 * Reads a socket option by its name: `getOption(conn, 'TCP_CONGESTION')` is a string. Throws an {@link
 * OpError}: the kernel's, or one that names option and kernel where the running kernel lacks the option (code
 * ENOTSUP).
 *
 * @example
 * ```ts
 * import { getOption, listenTCPSync } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', null)
 * console.log(getOption(listener, 'SO_ACCEPTCONN')) // true
 * await listener.close()
 * ```
 */
export function getOption<N extends OptionName>(socket: OptionSocket, name: N): OptionValue<N> {
  const raw = rawConn(socket)
  const { row, level, number } = lookUp('get', raw, name)
  const bytes = raw.getsockopt(level, number, optionSize[row.type])
  return decodeOption<OptionType>(row.type, bytes) as OptionValue<N>
}

/**
 * Sets a socket option by its name: `setOption(conn, 'TCP_USER_TIMEOUT', 30_000)`. What an option does, the
 * units of its value and whether it must be set before the socket is bound or connected (in `control`) the
 * manual tells. Throws an {@link OpError}: the kernel's, EINVAL for a number the option's type cannot hold,
 * or one that names option and kernel where the running kernel lacks the option (code ENOTSUP); a TypeError
 * for a wrong kind of value.
 *
 * @example
 * ```ts
 * import { setOption, socketPair } from '@net/posix'
 *
 * const [a, b] = socketPair()
 * setOption(a, 'SO_RCVBUF', 65536)
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function setOption<N extends SettableOptionName>(
  socket: OptionSocket,
  name: N,
  value: OptionValue<N>,
): void {
  const raw = rawConn(socket)
  const { row, level, number } = lookUp('set', raw, name)
  const bytes = encodeOption(row.type, value)
  if (bytes === null) throw failure('set', raw, syscallError('setsockopt', EINVAL))
  raw.setsockopt(level, number, bytes)
}
