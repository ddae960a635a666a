import { brand } from './brand.ts'
import type { NetError } from './errors.ts'

/** What a {@link DNSError} tells besides its text and name. */
export interface DNSErrorOptions {
  /** The server asked; absent when none was. */
  readonly server?: string
  /** The lookup ran out of time. */
  readonly isTimeout?: boolean
  /** The server failed in a way that may pass. */
  readonly isTemporary?: boolean
  /** There is no such name, or no such record of the name. */
  readonly isNotFound?: boolean
  /** What is behind it. */
  readonly cause?: Error
}

/**
 * A lookup that failed: "lookup host.example on 192.0.2.53:53: no such host".
 *
 * @example
 * ```ts
 * import { DNSError, lookupHost } from '@net/core'
 *
 * const error = await lookupHost('').catch((e) => e)
 * console.log(error instanceof DNSError && error.isNotFound) // true
 * ```
 */
export class DNSError extends Error implements NetError {
  /** What went wrong: 'no such host'. */
  readonly err: string
  /** The name looked up, as in Go; what class it is, `instanceof` tells. */
  override readonly name: string
  /** The server asked, or ''. */
  readonly server: string
  /** Whether the lookup ran out of time. */
  readonly isTimeout: boolean
  /** Whether the server failed in a way that may pass. */
  readonly isTemporary: boolean
  /** Whether there is no such name, or no such record of the name. */
  readonly isNotFound: boolean

  /** Makes the error of looking up `name`. */
  constructor(err: string, name: string, options: DNSErrorOptions = {}) {
    const { server = '', isTimeout = false, isTemporary = false, isNotFound = false, cause } = options
    super(
      `lookup ${name}${server === '' ? '' : ` on ${server}`}: ${err}`,
      cause === undefined ? {} : { cause },
    )
    this.err = err
    this.name = name
    this.server = server
    this.isTimeout = isTimeout
    this.isTemporary = isTemporary
    this.isNotFound = isNotFound
  }

  /** The same as isTimeout. */
  get timeout(): boolean {
    return this.isTimeout
  }

  /** Whether trying again may help: the lookup ran out of time, or the server failed for now. */
  get temporary(): boolean {
    return this.isTimeout || this.isTemporary
  }
}
brand(DNSError, 'DNSError')

/**
 * The resolver's configuration cannot be read.
 *
 * @example
 * ```ts
 * import { DNSConfigError } from '@net/contract'
 *
 * console.log(new DNSConfigError(new Error('no such file')).message) // error reading DNS config: no such file
 * ```
 */
export class DNSConfigError extends Error implements NetError {
  declare readonly name: string
  declare readonly cause: Error
  /** Always false. */
  readonly timeout = false
  /** Always false. */
  readonly temporary = false

  /** Makes the error of what went wrong while reading. */
  constructor(cause: Error) {
    super(`error reading DNS config: ${cause.message}`, { cause })
  }
}
brand(DNSConfigError, 'DNSConfigError')
