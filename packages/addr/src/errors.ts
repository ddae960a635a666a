import { brand } from './brand.ts'

/**
 * Says that an address is not acceptable. The message is `address ADDR: ERR`, or ERR alone when `addr` is ''.
 * `timeout` and `temporary` are always false. `instanceof` also recognises the errors of another installed copy
 * of this package.
 *
 * @example
 * ```ts
 * import { AddrError, IP } from '@net/addr'
 *
 * try {
 *   IP.from([1, 2, 3])
 * } catch (e) {
 *   if (e instanceof AddrError) console.log(e.message) // address 010203: invalid IP address
 * }
 * ```
 */
export class AddrError extends Error {
  declare readonly name: 'AddrError'
  /** What is wrong, without the address. */
  readonly err: string
  /** The address or the part of it that is wrong; '' when there is none to show. */
  readonly addr: string
  /** Always false: waiting longer does not mend an address. */
  readonly timeout: boolean = false
  /** Always false: trying again does not mend an address. */
  readonly temporary: boolean = false

  static {
    brand(this, 'AddrError')
  }

  constructor(err: string, addr: string) {
    super(addr === '' ? err : `address ${addr}: ${err}`)
    this.err = err
    this.addr = addr
  }
}

/**
 * Says that a text is not of the named kind. The message is `invalid TYPE: TEXT`, with types such as
 * 'IP address' and 'CIDR address'. `timeout` and `temporary` are always false.
 *
 * @example
 * ```ts
 * import { parseCIDR, ParseError } from '@net/addr'
 *
 * try {
 *   parseCIDR('192.0.2.0')
 * } catch (e) {
 *   if (e instanceof ParseError) console.log(e.message) // invalid CIDR address: 192.0.2.0
 * }
 * ```
 */
export class ParseError extends Error {
  declare readonly name: 'ParseError'
  /** The kind of text that was expected. */
  readonly type: string
  /** The text that was given, whole. */
  readonly text: string
  /** Always false. */
  readonly timeout: boolean = false
  /** Always false. */
  readonly temporary: boolean = false

  static {
    brand(this, 'ParseError')
  }

  constructor(type: string, text: string) {
    super(`invalid ${type}: ${text}`)
    this.type = type
    this.text = text
  }
}

/**
 * Says that an address makes no sense where it was used; the message is the whole text given.
 * `timeout` and `temporary` are always false.
 *
 * @example
 * ```ts
 * import { InvalidAddrError } from '@net/addr'
 *
 * console.log(new InvalidAddrError('bad length').message) // bad length
 * ```
 */
export class InvalidAddrError extends Error {
  declare readonly name: 'InvalidAddrError'
  /** Always false. */
  readonly timeout: boolean = false
  /** Always false. */
  readonly temporary: boolean = false

  static {
    brand(this, 'InvalidAddrError')
  }
}

/**
 * Says that a network name is not known, or not usable for the call it was given to. The message is
 * `unknown network NETWORK`. `timeout` and `temporary` are always false.
 *
 * @example
 * ```ts
 * import { parseNetwork, UnknownNetworkError } from '@net/addr'
 *
 * try {
 *   parseNetwork('sctp')
 * } catch (e) {
 *   if (e instanceof UnknownNetworkError) console.log(e.message) // unknown network sctp
 * }
 * ```
 */
export class UnknownNetworkError extends Error {
  declare readonly name: 'UnknownNetworkError'
  /** The network name as it was given. */
  readonly network: string
  /** Always false. */
  readonly timeout: boolean = false
  /** Always false. */
  readonly temporary: boolean = false

  static {
    brand(this, 'UnknownNetworkError')
  }

  constructor(network: string) {
    super(`unknown network ${network}`)
    this.network = network
  }
}
