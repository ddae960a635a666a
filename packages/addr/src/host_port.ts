import { AddrError } from './errors.ts'

const missingPort = 'missing port in address'
const tooManyColons = 'too many colons in address'

/**
 * Takes 'host:port', '[host]:port' or '[host%zone]:port' apart. Brackets are needed where the host has colons,
 * and are not part of the result; the port may be a number, a name or empty, and is not looked at. AddrError for
 * anything else.
 *
 * @example
 * ```ts
 * import { AddrError, splitHostPort } from '@net/addr'
 *
 * const { host, port } = splitHostPort('[::1]:80')
 * console.log(`${host} and ${port}`) // ::1 and 80
 * try {
 *   splitHostPort('localhost')
 * } catch (e) {
 *   if (e instanceof AddrError) console.log(e.message) // address localhost: missing port in address
 * }
 * ```
 */
export function splitHostPort(hostport: string): { host: string; port: string } {
  const last = hostport.lastIndexOf(':')
  if (last < 0) throw new AddrError(missingPort, hostport)
  let host = hostport.slice(0, last)
  let afterOpen = 0
  let afterClose = 0
  if (hostport.startsWith('[')) {
    const close = hostport.indexOf(']')
    if (close < 0) throw new AddrError("missing ']' in address", hostport)
    if (close + 1 !== last) {
      throw new AddrError(hostport[close + 1] === ':' ? tooManyColons : missingPort, hostport)
    }
    host = hostport.slice(1, close)
    afterOpen = 1
    afterClose = close + 1
  } else if (host.includes(':')) {
    throw new AddrError(tooManyColons, hostport)
  }
  if (hostport.includes('[', afterOpen)) throw new AddrError("unexpected '[' in address", hostport)
  if (hostport.includes(']', afterClose)) throw new AddrError("unexpected ']' in address", hostport)
  return { host, port: hostport.slice(last + 1) }
}

/**
 * Puts 'host:port' together, with brackets around a host that has a colon. Nothing is checked.
 *
 * @example
 * ```ts
 * import { joinHostPort } from '@net/addr'
 *
 * console.log(joinHostPort('::1', 80)) // [::1]:80
 * ```
 */
export function joinHostPort(host: string, port: string | number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
