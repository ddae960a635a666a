import { brand } from './brand.ts'
import type { NetError } from './errors.ts'

/**
 * What was given is no connection. Go of 2011 has the name and never gave it; nothing here does either.
 *
 * @example
 * ```ts
 * import { InvalidConnError } from '@net/contract'
 *
 * console.log(new InvalidConnError().message) // invalid net.Conn
 * ```
 */
export class InvalidConnError extends Error implements NetError {
  declare readonly name: string
  /** Always false. */
  readonly timeout = false
  /** Always false. */
  readonly temporary = false

  /** Makes the error. */
  constructor() {
    super('invalid net.Conn')
  }
}
brand(InvalidConnError, 'InvalidConnError')

/**
 * A socket's address is of a kind that nobody knows. Go of 2011 has the name; here descriptors of such sockets are refused with
 * the error number EPROTONOSUPPORT, as in today's Go, and a target of yours may use it.
 *
 * @example
 * ```ts
 * import { UnknownSocketError } from '@net/contract'
 *
 * console.log(new UnknownSocketError('AF_MINE').message) // unknown socket address type AF_MINE
 * ```
 */
export class UnknownSocketError extends Error implements NetError {
  declare readonly name: string
  /** Always false. */
  readonly timeout = false
  /** Always false. */
  readonly temporary = false

  /** Makes the error of an address's kind. */
  constructor(kind: string) {
    super(`unknown socket address type ${kind}`)
  }
}
brand(UnknownSocketError, 'UnknownSocketError')
