import { DNSError } from '@net/contract'
import { isDomainName } from '../dns/name.ts'
import { escapedName, isASCII, toASCII } from '../dns/name_text.ts'
import { noSuchHost } from './failure.ts'

/**
 * The name that DNS is asked for when a host or a domain of this name is looked up: with `idna` that in
 * A-labels. Throws a DNSError that says isNotFound for what cannot be one.
 */
export function askedHost(name: string, idna: boolean): string {
  if (isDomainName(name)) return name // and so in ASCII, as nearly all are
  const ascii = inASCII(name, idna)
  if (!isDomainName(ascii)) throw noSuchHost(name)
  return ascii
}

/**
 * The name that DNS is asked for when records of any name are looked up that DNS allows, with bytes written
 * as a backslash and three digits. Throws as {@link askedHost} does.
 */
export function askedName(name: string, idna: boolean): string {
  const escaped = escapedName(inASCII(name, idna))
  if (escaped === null) throw noSuchHost(name)
  return escaped
}

function inASCII(name: string, idna: boolean): string {
  if (isASCII(name)) return name
  if (!idna) throw new DNSError('no such host', name, { isNotFound: true, cause: new Error(NOT_ASCII) })
  const ascii = toASCII(name)
  if (ascii === null) throw new DNSError('not an internationalized domain name', name, { isNotFound: true })
  return ascii
}

const NOT_ASCII =
  'DNS knows only names in ASCII: the option idna of the resolver, or domainToASCII of node:url, gives them'
