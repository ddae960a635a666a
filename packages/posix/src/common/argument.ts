import { AddrError, UnknownNetworkError } from '@net/addr'

/** Rejects what is not a buffer. */
export function checkBuffer(p: unknown): TypeError | null {
  return p instanceof Uint8Array ? null : new TypeError('the buffer is not a Uint8Array')
}

/**
 * Checks that a network is one of a protocol's: 'tcp' with 'tcp4' and 'tcp6'. Throws an {@link
 * UnknownNetworkError}.
 */
export function checkNetwork(network: string, protocol: string): void {
  if (network !== protocol && network !== `${protocol}4` && network !== `${protocol}6`) {
    throw new UnknownNetworkError(network)
  }
}

/** The error of a call that needs an address and got none. */
export function missingAddress(): Error {
  return new AddrError('missing address', '')
}
