import { constants } from 'node:os'
import { Errno, SyscallError, isError } from '@net/contract'

const numbers: Readonly<Record<string, number | undefined>> = constants.errno

/**
 * The error of a call that the host did not make because it knows the outcome: `code` is the name of an error
 * number.
 */
export function callError(call: string, code: string): SyscallError {
  return new SyscallError(call, new Errno(code, numbers[code] ?? 0))
}

// The host keeps the number of an error on the error itself, or on `info` of its system errors.
interface HostError extends Error {
  readonly code?: unknown
  readonly errno?: unknown
  readonly syscall?: unknown
  readonly info?: { readonly code?: unknown; readonly errno?: unknown }
}

/**
 * The contract's error for one of the host's: a {@link SyscallError} of `call` (absent: what the host names)
 * when an error number is behind it, else the host's own. The number is positive; on Windows it is libuv's.
 */
export function hostError(e: unknown, call?: string): Error {
  if (!isError(e)) return new Error(String(e))
  const { code, errno, syscall, info } = e as HostError
  const name = call ?? (typeof syscall === 'string' ? syscall : '')
  for (const [c, n] of [
    [code, errno],
    [info?.code, info?.errno],
  ]) {
    if (typeof c === 'string' && typeof n === 'number')
      return new SyscallError(name, new Errno(c, Math.abs(n)))
  }
  // The host refuses such a port before the system sees it; the system would say EINVAL.
  if (code === 'ERR_SOCKET_BAD_PORT') return callError(name, 'EINVAL')
  return e
}

/**
 * The same for an error of listening: the host says 'listen' for the whole of it, but what fails is nearly
 * always bind(2).
 */
export function listenError(e: unknown): Error {
  const { syscall } = e as HostError
  return hostError(e, syscall === 'listen' ? 'bind' : undefined)
}
