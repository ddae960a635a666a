import { asError, DNSError, OpError, isError } from '@net/contract'

/** The error of a name that does not exist, or has no record of the kind asked for. */
export function noSuchHost(name: string, server = ''): DNSError {
  return new DNSError('no such host', name, { server, isNotFound: true })
}

/** The error of a reply that cannot be read. */
export function cannotUnmarshal(name: string, server: string): DNSError {
  return new DNSError('cannot unmarshal DNS message', name, { server })
}

/**
 * The error of a reply that has names in it which are no domain names. `result` is what is good in it, as
 * the lookup would have given it: part of it may be of use all the same.
 *
 * @example
 * ```ts
 * import { InvalidNamesError } from '@net/resolve'
 *
 * const error = new InvalidNamesError('example.com', [{ host: 'mx.example.com.', pref: 10 }])
 * console.log(error.result[0]?.host) // mx.example.com.
 * ```
 */
export class InvalidNamesError<T> extends DNSError {
  /** What was found all the same: the records with good names. */
  readonly result: T

  /** Makes the error of looking up `name`. */
  constructor(name: string, result: T) {
    super('DNS response contained records which contain invalid names', name)
    this.result = result
  }
}

/** The DNSError of whatever went wrong when asking `server`, which is then its cause. */
export function dnsError(e: unknown, name: string, server = ''): DNSError {
  if (e instanceof DNSError) return e.name === name ? e : renamed(e, name)
  const cause = asError(e)
  const isTimeout = 'timeout' in cause && cause.timeout === true
  // Go takes what goes wrong on a socket for something that may pass.
  const isTemporary = cause instanceof OpError || ('temporary' in cause && cause.temporary === true)
  return new DNSError(cause.message, name, { server, isTimeout, isTemporary, cause })
}

/** The same error for another name: users are shown the name they asked for, not one of the search list. */
export function renamed(e: DNSError, name: string): DNSError {
  const { err, server, isTimeout, isTemporary, isNotFound, cause } = e
  const options = { server, isTimeout, isTemporary, isNotFound }
  return new DNSError(err, name, isError(cause) ? { ...options, cause } : options)
}
