import { isError } from './argument.ts'
import type { Addr } from '@net/addr'
import { brand } from './brand.ts'
import { errnoText } from './errno.ts'

/** What Go's net.Error promises: whether an error is a time-out, and whether trying again may help. */
export interface NetError extends Error {
  /** Whether the operation ran out of time. */
  readonly timeout: boolean
  /** Whether the operation may succeed when tried again. */
  readonly temporary: boolean
}

const temporaryCodes = new Set(['EINTR', 'EMFILE', 'ENFILE', 'EAGAIN', 'EWOULDBLOCK', 'ETIMEDOUT'])
const timeoutCodes = new Set(['EAGAIN', 'EWOULDBLOCK', 'ETIMEDOUT'])
const MAX_CAUSES = 100 // a chain of causes may be a circle
const diedWaiting = new Set(['ECONNRESET', 'ECONNABORTED'])

/**
 * An error number of the system, with Go's text for it.
 *
 * @example
 * ```ts
 * import { Errno, isErr, OpError } from '@net/contract'
 * import { dial } from '@net/core'
 *
 * const error = await dial('tcp', '127.0.0.1:1').catch((e) => e)
 * console.log(isErr(error, new Errno('ECONNREFUSED', 111))) // true
 * console.log(error instanceof OpError && error.code) // ECONNREFUSED
 * ```
 */
export class Errno extends Error implements NetError {
  declare readonly name: string
  /** The number's name: 'ECONNREFUSED'. */
  readonly code: string
  /** The number on the system where it arose, with Node's sign: -111 for 111. */
  readonly errno: number
  /** Whether the operation ran out of time. */
  readonly timeout: boolean
  /** Whether the operation may succeed when tried again. */
  readonly temporary: boolean

  /** Makes the error of a number as the system's headers have it, positive. */
  constructor(code: string, errno: number) {
    super(errnoText(code))
    this.code = code
    this.errno = -errno
    this.timeout = timeoutCodes.has(code)
    this.temporary = temporaryCodes.has(code)
    abridge(this)
  }
}
brand(Errno, 'Errno')

/**
 * A system call that failed: "connect: connection refused". The error number is its cause.
 *
 * @example
 * ```ts
 * import { OpError, SyscallError } from '@net/contract'
 * import { posix } from '@net/posix'
 * import { Net } from '@net/core'
 *
 * const error = await new Net(posix()).dial('tcp', '127.0.0.1:1').catch((e) => e)
 * if (error instanceof OpError && error.cause instanceof SyscallError) console.log(error.cause.syscall) // connect
 * ```
 */
export class SyscallError extends Error implements NetError {
  declare readonly name: string
  declare readonly cause: Error
  /** The call's name. */
  readonly syscall: string
  /** The error number's name, 'ECONNREFUSED'; '' when the cause is not an error number. */
  readonly code: string
  /** The error number with Node's sign, -111; 0 when the cause is not an error number. */
  readonly errno: number
  /** Whether the operation ran out of time. */
  readonly timeout: boolean
  /** Whether the operation may succeed when tried again. */
  readonly temporary: boolean

  /** Makes the error of a call. */
  constructor(syscall: string, cause: Error) {
    super(`${syscall}: ${cause.message}`, { cause })
    this.syscall = syscall
    const numbered = cause instanceof Errno || cause instanceof SyscallError
    this.code = numbered ? cause.code : ''
    this.errno = numbered ? cause.errno : 0
    this.timeout = flag(cause, 'timeout')
    this.temporary = flag(cause, 'temporary')
    abridge(this)
  }
}
brand(SyscallError, 'SyscallError')

/**
 * An operation on the network that failed. The message is Go's, "dial tcp 127.0.0.1:1: connect: connection refused";
 * `code`, `errno` and `syscall` are what Node's errors carry, where there are any.
 *
 * @example
 * ```ts
 * import { dial, OpError } from '@net/core'
 *
 * try {
 *   await dial('tcp', '127.0.0.1:1')
 * } catch (e) {
 *   if (!(e instanceof OpError)) throw e
 *   console.log(e.message) // dial tcp 127.0.0.1:1: connect: connection refused
 *   console.log(`${e.op} ${e.code} ${e.timeout}`) // dial ECONNREFUSED false
 * }
 * ```
 */
export class OpError extends Error implements NetError {
  declare readonly name: string
  declare readonly cause: Error
  /** The operation: 'dial', 'listen', 'accept', 'read', 'write', 'close', 'set', ... */
  readonly op: string
  /** The network: 'tcp', 'udp6', 'unix', ...; '' when it is not known. */
  readonly net: string
  /** The local address, or null. */
  readonly source: Addr | null
  /** The remote address, or for listeners the local one, or null. */
  readonly addr: Addr | null
  /** Whether the operation ran out of time. */
  readonly timeout: boolean
  /** Whether the operation may succeed when tried again. */
  readonly temporary: boolean
  /** The bytes that went before a write failed; absent on other operations. */
  declare n?: number
  /** The error number's name, 'ECONNREFUSED'; absent when no error number is behind it. */
  declare readonly code?: string
  /** The error number with Node's sign, -111; absent when no error number is behind it. */
  declare readonly errno?: number
  /** The system call; absent when none is behind it. */
  declare readonly syscall?: string

  /** Makes the error of an operation. */
  constructor(op: string, net: string, source: Addr | null, addr: Addr | null, cause: Error) {
    super(operation(op, net, source, addr) + cause.message, { cause })
    this.op = op
    this.net = net
    this.source = source
    this.addr = addr
    this.timeout = flag(cause, 'timeout')
    if (cause instanceof SyscallError || cause instanceof Errno) {
      if (cause.code !== '') {
        this.code = cause.code
        this.errno = cause.errno
      }
      if (cause instanceof SyscallError) this.syscall = cause.syscall
    } else if ('code' in cause && typeof cause.code === 'string') {
      this.code = cause.code
    }
    // A connection that died while it waited to be accepted says nothing about the next one. As in Go, the number must
    // be the cause itself, and of system calls within system calls nothing is known.
    const aborted = op === 'accept' && cause instanceof Errno && diedWaiting.has(cause.code)
    const inner = cause instanceof SyscallError ? cause.cause : cause
    this.temporary = aborted || (!(inner instanceof SyscallError) && flag(inner, 'temporary'))
    hide(this, 'op', 'net', 'source', 'addr', 'timeout', 'temporary')
  }

  /** The IP address, or the path, of {@link addr}, as Node's errors have it; absent where there is none. */
  get address(): string | undefined {
    const { addr } = this
    if (addr === null) return undefined
    if ('hostname' in addr && typeof addr.hostname === 'string') return addr.hostname
    return 'path' in addr && typeof addr.path === 'string' ? addr.path : undefined
  }

  /** The port of {@link addr}; absent where there is none. */
  get port(): number | undefined {
    const { addr } = this
    return addr !== null && 'port' in addr && typeof addr.port === 'number' ? addr.port : undefined
  }
}
brand(OpError, 'OpError')

function operation(op: string, net: string, source: Addr | null, addr: Addr | null): string {
  let s = op
  if (net !== '') s += ` ${net}`
  if (source !== null) s += ` ${source.toString()}`
  if (addr !== null) s += (source === null ? ' ' : '->') + addr.toString()
  return `${s}: `
}

// What is behind an OpError is printed in a line: it was made where that was, and what it says stands in the OpError.
function abridge(e: Errno | SyscallError): void {
  delete e.stack
  hide(e, ...Object.keys(e))
}

// Leaves properties out of what is printed of an error, as its message says them.
function hide(e: Error, ...names: string[]): void {
  for (const name of names) Object.defineProperty(e, name, { enumerable: false })
}

function flag(e: Error, name: 'timeout' | 'temporary'): boolean {
  return name in e && (e as Partial<NetError>)[name] === true
}

class SentinelError extends Error implements NetError {
  declare readonly name: string
  readonly code: string
  readonly timeout: boolean
  readonly temporary: boolean

  constructor(message: string, code: string, timeout: boolean) {
    super(message)
    this.code = code
    this.timeout = timeout
    this.temporary = timeout
    delete this.stack // it would tell where the package was loaded
    hide(this, 'code', 'timeout', 'temporary')
  }
}
brand(SentinelError, 'SentinelError')

/** The cause of errors of operations on something closed, or closed while they were pending. */
export const ErrClosed: NetError = new SentinelError('use of closed network connection', 'ERR_CLOSED', false)

/** The cause of errors of writeTo on a socket that has a fixed peer. */
export const ErrWriteToConnected: NetError = new SentinelError(
  'use of WriteTo with pre-connected connection',
  'ERR_WRITE_TO_CONNECTED',
  false,
)

/** The cause of errors of operations that ran past their deadline. */
export const ErrDeadlineExceeded: NetError = new SentinelError('i/o timeout', 'ERR_DEADLINE_EXCEEDED', true)

/** The cause of errors of reads whose stream ended in the middle of what they read. */
export const ErrUnexpectedEOF: NetError = new SentinelError('unexpected EOF', 'ERR_UNEXPECTED_EOF', false)

/** The cause of errors of reads that found no end of what they read within its limit. */
export const ErrTooLong: NetError = new SentinelError('token too long', 'ERR_TOO_LONG', false)

/**
 * Whether `e` is `target` or has it in its chain of causes, which may lead through errors of another realm and in a circle. A
 * sentinel of another installed copy of this package counts as the same, and so do error numbers of the same name.
 *
 * @example
 * ```ts
 * import { ErrClosed, isErr, OpError } from '@net/contract'
 *
 * const error = new OpError('read', 'tcp', null, null, ErrClosed)
 * console.log(isErr(error, ErrClosed)) // true
 * ```
 */
export function isErr(e: unknown, target: Error): boolean {
  // Mostly it is the target itself, as in every close: whether it is an error, which takes long to find out, is not asked then.
  for (let depth = 0; e !== target; e = e.cause, depth++) {
    if (!isError(e) || depth === MAX_CAUSES) return false
    if (e instanceof SentinelError && target instanceof SentinelError && e.code === target.code) return true
    if (e instanceof Errno && target instanceof Errno && e.code === target.code) return true
  }
  return true
}
