import { OpError } from '@net/contract'

/**
 * A dial of several addresses of which none answered. Message, address, cause and all else are those of the first, as in
 * Go; `errors` has the error of each address that was tried, in the order in which they began.
 *
 * @example
 * ```ts
 * import { defaultNet, DialError, IPAddr, Net, parseIP } from '@net/core'
 *
 * const { target } = defaultNet()
 * const addrs = ['127.0.0.1', '::1'].map((text) => new IPAddr(parseIP(text)))
 * const net = new Net(target, { resolver: { ...target, lookupIPAddr: async () => addrs } })
 * const error = await net.dial('tcp', 'host.example:1').catch((e) => e)
 * if (error instanceof DialError) console.log(error.errors.length) // 2
 * ```
 */
export class DialError extends OpError {
  /** Why each address failed: `errors.map(String)` tells all of it. */
  readonly errors: readonly OpError[]

  /** Makes the error of attempts that failed; there is at least one. */
  constructor(errors: readonly [OpError, ...OpError[]]) {
    const { op, net, source, addr, cause } = errors[0]
    super(op, net, source, addr, cause)
    this.errors = errors
  }
}

/** The error of all attempts: that of the only one, or a {@link DialError}. */
export function dialError(errors: readonly unknown[]): unknown {
  const [first, ...others] = errors
  if (others.length === 0 || !(first instanceof OpError)) return first
  return new DialError([first, ...others.filter((e) => e instanceof OpError)])
}
