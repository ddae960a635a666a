import { joinHostPort } from '@net/addr'

/** What a dial string names: a network and an address as core's dial takes them. */
export interface Plan9DialString {
  /** The network: 'tcp', 'unix'. */
  readonly network: string
  /** The address as {@link DialConn} takes it: 'host:port', or a path. */
  readonly address: string
}

const PORT_9FS = '564' // IANA's name for it is 9pfs

/**
 * Reads a dial string of Plan 9 (dial(2)): 'tcp!host!564', 'unix!/path', 'net!host'. Without a service it is
 * 9P's own port. null for what has no '!', as a directory. A host may be an IPv6 address: fields end at '!'
 * only.
 *
 * @example
 * ```ts
 * import { parsePlan9DialString } from '@net/plan9'
 *
 * console.log(parsePlan9DialString('tcp!127.0.0.1!9fs')?.address) // 127.0.0.1:564
 * console.log(parsePlan9DialString('/net')) // null
 * ```
 */
export function parsePlan9DialString(s: string): Plan9DialString | null {
  const bang = s.indexOf('!')
  if (bang < 0) return null
  const network = s.slice(0, bang)
  const rest = s.slice(bang + 1)
  if (network === 'unix') return { network, address: rest }
  const [host = '', service = PORT_9FS] = rest.split('!')
  const port = service === '9fs' ? PORT_9FS : service
  return { network: network === 'net' ? 'tcp' : network, address: joinHostPort(host, port) }
}
