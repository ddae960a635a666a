import { constants } from 'node:os'
import { asError, Errno, SyscallError, isError } from '@net/contract'

/**
 * What a network tree says, and the error number that a program knows it by. The first line that matches
 * counts. The words are those of Plan 9's kernels and of Inferno, which also passes on the texts of its host.
 */
const words: readonly (readonly [said: RegExp, code: string])[] = [
  [/connection refused/, 'ECONNREFUSED'],
  [/port unreachable/, 'ECONNREFUSED'],
  [/connection (timed out|timeout)|operation timed out/, 'ETIMEDOUT'],
  [/connection reset/, 'ECONNRESET'],
  [/connection abort/, 'ECONNABORTED'],
  [/no route|host (is )?unreachable/, 'EHOSTUNREACH'],
  [/net(work)? (is )?unreachable/, 'ENETUNREACH'],
  [/host is down/, 'EHOSTDOWN'],
  [/network is down/, 'ENETDOWN'],
  [/address (already )?in use|port in use/, 'EADDRINUSE'],
  [/not a local ip address|cannot assign requested address|no ports available/, 'EADDRNOTAVAIL'],
  [/i\/o on hungup channel|hangup$|broken pipe/, 'EPIPE'],
  [/not connected/, 'ENOTCONN'],
  [/destination address required/, 'EDESTADDRREQ'],
  [/message too long|datagram too long/, 'EMSGSIZE'],
  [/address family not supported/, 'EAFNOSUPPORT'],
  [/permission denied/, 'EACCES'],
  [/operation not permitted/, 'EPERM'],
  [/too many open files/, 'EMFILE'],
  [/no free devices|no free conversations/, 'ENFILE'],
  [/bad ip address syntax|invalid ip address|malformed address/, 'EINVAL'],
  [/operation not supported/, 'EOPNOTSUPP'],
]

/** The operations whose errors are told of. */
export type Operation = 'dial' | 'listen' | 'accept' | 'read' | 'write' | 'close'

/**
 * Whether a tree says that nothing can be read any more: of a conversation whose end was read before, or that
 * was hung up at this end. One that broke is said to be in other words.
 */
export function isHungup(e: unknown): boolean {
  return isError(e) && /i\/o on hungup channel$/i.test(e.message)
}

/** The error number of this system by its name. */
export function errno(code: string): Errno {
  const numbers: Readonly<Record<string, number | undefined>> = constants.errno
  return new Errno(code, numbers[code] ?? 1)
}

/**
 * The error of an operation as programs know it: the error number where the tree's words are known, the
 * tree's own words otherwise, and the session's own error where that is over. The number's cause is what the
 * tree said. A connection that the other end has reset reads as "connection refused" where a kernel serves
 * the tree, and as "Hangup" elsewhere.
 */
export function plan9Error(op: Operation, e: unknown, datagram = false): Error {
  const said = asError(e)
  let code = codeOf(said)
  if (code === null) return said
  if (op === 'read' && !datagram && /connection refused$|hangup$/i.test(said.message)) code = 'ECONNRESET'
  const number = errno(code)
  // The cause is printed with its words alone: where a tree in this process found them is nobody's concern.
  delete said.stack
  Object.defineProperty(number, 'cause', { value: said, configurable: true, writable: true })
  return op === 'read' || op === 'write' ? new SyscallError(op, number) : number
}

/**
 * Whether an error tells that the 9P session is over or could not begin: it is about the link to the tree and
 * says nothing of the destination.
 */
export function isSessionOver(e: unknown): boolean {
  return isError(e) && 'code' in e && e.code === 'ERR_9P_SESSION'
}

// A mounted tree's errors have passed through the operating system, which has given them numbers already.
function codeOf(said: Error): string | null {
  if (isSessionOver(said)) return null
  if ('errno' in said && 'code' in said && typeof said.code === 'string') return said.code
  const text = said.message.toLowerCase()
  return words.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
