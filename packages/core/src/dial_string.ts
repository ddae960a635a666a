import { AddrError, joinHostPort } from '@net/addr'
import { OpError } from '@net/contract'

/** A network and an address in one text, as Plan 9 has them: 'tcp!host!service', 'net!host!service', 'unix!path'. */
export type DialString = `${string}!${string}`

/** The network that a dial string names: 'net' is TCP. */
export type NetworkOf<S extends string> = S extends `${infer N}!${string}`
  ? N extends 'net'
    ? 'tcp'
    : N
  : string

/** A network and an address as Go has them. */
export interface NetworkAddress {
  readonly network: string
  readonly address: string
}

/**
 * Splits a dial string. The network 'net', any that gets there, is TCP; the host '*', every address of this machine, is
 * an empty one. Throws an {@link AddrError}.
 */
export function parseDialString(s: string): NetworkAddress {
  const bang = s.indexOf('!')
  if (bang <= 0) throw new AddrError('missing network in address', s)
  const network = s.slice(0, bang) === 'net' ? 'tcp' : s.slice(0, bang)
  const rest = s.slice(bang + 1)
  if (!/^(tcp|udp)[46]?$/.test(network)) return { network, address: rest }
  const parts = rest.split('!')
  const [host = '', service] = parts
  if (service === undefined) throw new AddrError('missing port in address', s)
  if (parts.length > 2) throw new AddrError('too many exclamation marks in address', s)
  return { network, address: joinHostPort(host === '*' ? '' : host, service) }
}

/**
 * The network, address and options that a call was given: three arguments, or a dial string and options. What is neither
 * goes through, to be refused. Throws an {@link OpError} for a dial string that is wrong.
 */
export function callArguments<O>(
  op: 'dial' | 'listen',
  network: string,
  address: string | O | undefined,
  options: O | undefined,
): [network: string, address: string, options: O | undefined] {
  const one = address === undefined || (typeof address === 'object' && address !== null)
  if (!one || typeof network !== 'string' || !network.includes('!')) {
    return [network, address as string, options]
  }
  try {
    const parsed = parseDialString(network)
    return [parsed.network, parsed.address, address]
  } catch (e) {
    throw new OpError(op, '', null, null, e as Error)
  }
}
