import { DNSError, type LookupGroup } from '@net/contract'

/**
 * A lookup group that refuses: every lookup rejects with a {@link DNSError} whose cause is `err`.
 *
 * @example
 * ```ts
 * import { ErrPlan9, lookupStubs } from '@net/stubs'
 *
 * const group = lookupStubs(ErrPlan9)
 * await group.lookupHost('example.org').catch((e) => console.log(e.message)) // lookup example.org: not supported by plan 9
 * ```
 */
export function lookupStubs(err: Error): LookupGroup {
  const refuse = (name: string): Promise<never> =>
    Promise.reject(new DNSError(err.message, name, { cause: err }))
  return {
    lookupHost: (host) => refuse(host),
    lookupIP: (_network, host) => refuse(host),
    lookupIPAddr: (host) => refuse(host),
    lookupPort: (network, service) => refuse(`${network}/${service}`),
    lookupCNAME: (host) => refuse(host),
    lookupSRV: (_service, _proto, name) => refuse(name),
    lookupMX: (name) => refuse(name),
    lookupNS: (name) => refuse(name),
    lookupTXT: (name) => refuse(name),
    lookupAddr: (addr) => refuse(addr),
    lookupProtocol: (name) => refuse(name),
  }
}
