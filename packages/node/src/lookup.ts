import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { IPAddr } from '@net/addr'
import { DNSError, type LookupOptions } from '@net/contract'

/** What finds the addresses of names: a `Net` of `@net/core` is one, and a Resolver of `@net/resolve`. */
export interface NameSource {
  /** Gives the addresses of a host. Rejects with a {@link DNSError}. */
  lookupIPAddr(host: string, options?: LookupOptions): Promise<IPAddr[]>
}

/**
 * Makes a function as Node's `lookup` options take it (net.connect, http.request, dgram.createSocket, undici), which asks `net`
 * for names. `family`, `all`, `order` and `verbatim` mean what they do with dns.lookup; addresses keep the order in which `net`
 * prefers them unless one of these says otherwise; `hints` are of no effect. What goes wrong is a {@link DNSError} that has the
 * `code` of dns.lookup too: 'ENOTFOUND', 'EAI_AGAIN' where trying again may help, 'EAI_FAIL'; and `hostname` and `syscall`.
 *
 * @example
 * ```ts
 * import { get } from 'node:http'
 * import { once } from 'node:events'
 * import { defaultNet, listen } from '@net/core'
 * import { lookup } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const { port } = listener.addr
 * const request = get({ host: 'localhost', port, family: 4, lookup: lookup(defaultNet()) })
 * const [peer, [error]] = await Promise.all([listener.accept().then((c) => c.close()), once(request, 'error')])
 * console.log(peer, error.code) // undefined ECONNRESET
 * await listener.close()
 * ```
 */
export function lookup(net: NameSource): LookupFunction {
  return (hostname, options, callback) => {
    const family = familyOf(options.family)
    find(net, hostname, family).then(
      (found) => {
        const sorted = inOrder(
          found,
          options.order ?? (options.verbatim === false ? 'ipv4first' : 'verbatim'),
        )
        const [first] = sorted
        if (first === undefined)
          callback(told(new DNSError('no such host', hostname, { isNotFound: true }), hostname), '')
        else if (options.all === true) callback(null, sorted)
        else callback(null, first.address, first.family)
      },
      (e: unknown) => callback(told(e, hostname), ''),
    )
  }
}

async function find(net: NameSource, hostname: string, family: number): Promise<LookupAddress[]> {
  if (isIP(hostname) !== 0) return [{ address: hostname, family: isIP(hostname) }]
  const addrs = await net.lookupIPAddr(hostname)
  return addrs
    .map((addr) => ({ address: addr.toString(), family: addr.ip?.to4() === null ? 6 : 4 }))
    .filter((found) => family === 0 || found.family === family)
}

function familyOf(family: number | 'IPv4' | 'IPv6' | undefined): number {
  if (family === 'IPv4') return 4
  if (family === 'IPv6') return 6
  return family ?? 0
}

function inOrder(found: LookupAddress[], order: 'ipv4first' | 'ipv6first' | 'verbatim'): LookupAddress[] {
  if (order === 'verbatim') return found
  const first = order === 'ipv4first' ? 4 : 6
  return [...found.filter((a) => a.family === first), ...found.filter((a) => a.family !== first)]
}

/** The error, with what callers of dns.lookup look at. */
function told(e: unknown, hostname: string): NodeJS.ErrnoException {
  return Object.assign(e as Error, { code: codeOf(e), hostname, syscall: 'getaddrinfo' })
}

function codeOf(e: unknown): string {
  if (!(e instanceof DNSError)) return 'EAI_FAIL'
  if (e.isNotFound) return 'ENOTFOUND'
  return e.temporary ? 'EAI_AGAIN' : 'EAI_FAIL'
}
