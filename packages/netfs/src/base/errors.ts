// The words are those that a Plan 9 kernel, ndb/cs and ndb/dns were seen to send.
import { ErrClosed, type IOOptions, isErr, isError } from '@net/contract'
import { isOver } from '@net/io'

/**
 * The error that the files of a tree fail with, in Plan 9's words. Over 9P the text goes to the client as it
 * is.
 *
 * @example
 * ```ts
 * import { embeddedNet, Plan9Error } from '@net/netfs'
 * import { posix } from '@net/posix'
 *
 * const net = embeddedNet(posix())
 * try {
 *   await net.open('nothing', 'r')
 * } catch (e) {
 *   console.log(e instanceof Plan9Error && e.message) // file does not exist
 * }
 * await net.close()
 * ```
 */
export class Plan9Error extends Error {
  override readonly name = 'Plan9Error'
}

/** There is no such file, or none that this session may see. */
export const NOT_EXIST = 'file does not exist'
/** The mode of the file, the policy or the host's system does not allow it. */
export const DENIED = 'permission denied'
/** A conversation connects or announces once in its life. */
export const IN_USE = 'connection in use'
/** Reading on after the end, and writing after a hangup. */
export const HUNGUP = 'i/o on hungup channel'
/** Reading and writing a connection that was broken. */
export const HANGUP = 'Hangup'
/** Opening listen of a conversation that was announced once. */
export const LISTEN_HUNGUP = 'listen hungup'
/** Opening listen of one that was not. */
export const NOT_ANNOUNCED = 'not announced'
/** No conversation is left. */
export const NO_DEVICES = 'no free devices'
/** An address that is no number. */
export const BAD_IP = 'bad ip address syntax'
/** Announcing a port that somebody has announced. */
export const ADDRESS_IN_USE = 'address in use'
/** Connecting to where no interface of this machine leads. */
export const NO_ROUTE = 'no route'
/** Announcing on another machine's address. */
export const NOT_LOCAL = 'not a local IP address'
/** A datagram came back, since nobody listens there. */
export const PORT_UNREACHABLE = 'port unreachable'
/** The client took a request back before it was done. */
export const INTERRUPTED = 'interrupted'
/** A control message of no known name. */
export const UNKNOWN_CONTROL = 'unknown control request'
/** Something went wrong of which the client need not know more. */
export const IO_ERROR = 'i/o error'

// Error numbers that are not here are "i/o error": Plan 9 has no words for them, or none that fit.
const words: Record<string, string | undefined> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  EHOSTDOWN: 'host unreachable',
  ENETUNREACH: NO_ROUTE,
  ENETDOWN: 'net unreachable',
  EAFNOSUPPORT: NO_ROUTE,
  EADDRINUSE: ADDRESS_IN_USE,
  EADDRNOTAVAIL: NOT_LOCAL,
  EACCES: DENIED,
  EPERM: DENIED,
  ECONNRESET: HANGUP,
  ECONNABORTED: HANGUP,
  EPIPE: HANGUP,
  ENOTCONN: HANGUP,
  EMFILE: NO_DEVICES,
  ENFILE: NO_DEVICES,
  ENOBUFS: NO_DEVICES,
  ENOMEM: NO_DEVICES,
  EMSGSIZE: 'message too long',
  EINVAL: 'bad arg in system call',
}

/** Throws the error with these words. */
export function fail(text: string): never {
  throw new Plan9Error(text)
}

/** The name of the error number behind an error, '' when there is none. */
export function codeOf(error: unknown): string {
  return isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** What Plan 9 would say of an error of the target, whose own text is never told. */
export function plan9Words(error: unknown): string {
  if (error instanceof Plan9Error) return error.message
  const text = words[codeOf(error)]
  if (text !== undefined) return text
  if (isError(error)) {
    if (isErr(error, ErrClosed)) return HUNGUP
    if ('timeout' in error && error.timeout === true) return 'connection timed out'
  }
  return IO_ERROR
}

/** The error to throw for an error of the target, or "interrupted" when what ends `options` has come. */
export function plan9Error(error: unknown, options?: IOOptions): Plan9Error {
  if (isOver(options)) return new Plan9Error(INTERRUPTED)
  return error instanceof Plan9Error ? error : new Plan9Error(plan9Words(error))
}
