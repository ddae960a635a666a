import { isError } from '@net/contract'

/**
 * What goes wrong with a {@link Socket}: a TypeError whose message begins with "SocketError: ", as the draft has it. The
 * error underneath is its `cause`, and `code` is the cause's, where it has one: 'ECONNREFUSED', 'CERT_HAS_EXPIRED', ...
 *
 * @example
 * ```ts
 * import { connect, SocketError } from '@net/core/web'
 *
 * const error = await connect('127.0.0.1:1').opened.catch((e) => e)
 * if (error instanceof SocketError) console.log(error.code) // ECONNREFUSED
 * ```
 */
export class SocketError extends TypeError {
  /** The name of what went wrong; absent where there is none. */
  declare readonly code?: string

  /** Makes the error of what happened, or of the error that happened. */
  constructor(what: string | Error) {
    super(`SocketError: ${typeof what === 'string' ? what : what.message}`)
    if (typeof what === 'string') return
    this.cause = what
    if ('code' in what && typeof what.code === 'string') this.code = what.code
  }
}

/** What happened as a SocketError; one stays as it is. */
export function socketError(e: unknown): SocketError {
  if (e instanceof SocketError) return e
  return new SocketError(isError(e) ? e : String(e))
}
