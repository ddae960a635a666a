import { AddrError, UnknownNetworkError } from '@net/addr'
import { ErrDeadlineExceeded, type DialOptions } from '@net/contract'
import { deadlineAt } from '@net/io'

/** The error of what is no buffer, else null. */
export function checkBuffer(p: unknown): TypeError | null {
  return p instanceof Uint8Array ? null : new TypeError('the buffer is not a Uint8Array')
}

/** The error of what are no buffers, else null. */
export function checkBuffers(buffers: unknown): TypeError | null {
  return Array.isArray(buffers) && buffers.every((p) => p instanceof Uint8Array)
    ? null
    : new TypeError('the buffers are not an array of Uint8Arrays')
}

/** Checks that a network is one of a protocol's: 'tcp', 'tcp4', 'tcp6'. Throws an {@link UnknownNetworkError}. */
export function checkNetwork(network: string, protocol: string): void {
  if (network !== protocol && network !== `${protocol}4` && network !== `${protocol}6`)
    throw new UnknownNetworkError(network)
}

/** The error of a call that needs an address and got none. */
export function missingAddress(): Error {
  return new AddrError('missing address', '')
}

/** Throws the signal's reason, or the time-out, of a dial that is over before it began. */
export function checkDial(options: DialOptions): void {
  options.signal?.throwIfAborted()
  if (deadlineAt(options.deadline ?? null) <= performance.now()) throw ErrDeadlineExceeded
}
