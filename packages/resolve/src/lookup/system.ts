import { IPAddr, parseIPZone } from '@net/addr'
import { asError, DNSError } from '@net/contract'
import { noSuchHost } from '../client/failure.ts'

/** The resolver of the operating system, for names that only it can look up. */
export interface SystemResolver {
  /** The addresses of a host; network is 'ip', 'ip4' or 'ip6'. Rejects with a DNSError. */
  lookupIPAddr(network: string, host: string): Promise<IPAddr[]>
  /** The names of an address. Rejects with a DNSError. */
  lookupAddr(addr: string): Promise<string[]>
}

/**
 * getaddrinfo(3) and getnameinfo(3), as the JavaScript host has them in node:dns, which is loaded on first
 * use. They run on the host's thread pool and cannot be cancelled: a lookup that is given up goes on there,
 * and what it comes to concerns nobody.
 */
export const hostSystem: SystemResolver = {
  async lookupIPAddr(network, host) {
    if (host.includes('\0')) throw noSuchHost(host) // C would see only the part before the NUL.
    const { promises } = await import('node:dns')
    const family = network === 'ip4' ? 4 : network === 'ip6' ? 6 : 0
    try {
      const found = await promises.lookup(host, { all: true, family, verbatim: true })
      return found.flatMap(({ address }) => {
        const parsed = parseIPZone(address)
        return parsed === null ? [] : [new IPAddr(parsed.ip, parsed.zone)]
      })
    } catch (e) {
      throw systemError(e, host)
    }
  },

  async lookupAddr(addr) {
    const { promises } = await import('node:dns')
    try {
      const { hostname } = await promises.lookupService(addr, 0)
      return [hostname]
    } catch (e) {
      throw systemError(e, addr)
    }
  },
}

function systemError(e: unknown, name: string): Error {
  const cause = asError(e)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  if (code === 'ENOTFOUND' || code === 'ENODATA') return noSuchHost(name)
  if (code === 'EAI_AGAIN') {
    return new DNSError('Temporary failure in name resolution', name, { isTemporary: true, cause })
  }
  return new DNSError(cause.message, name, { cause })
}
