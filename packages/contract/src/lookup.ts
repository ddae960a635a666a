import type { IP, IPAddr } from '@net/addr'
import type { Deadline, IOOptions } from './closer.ts'

/** Options of a lookup. */
export interface LookupOptions extends IOOptions {
  /** The moment by which the lookup must be done: past it, it rejects with a DNSError that says isTimeout. */
  readonly deadline?: Deadline | undefined
}

/** An SRV record (RFC 2782). */
export interface SRV {
  /** The host that offers the service. */
  readonly target: string
  /** Its port. */
  readonly port: number
  /** Lower is tried first. */
  readonly priority: number
  /** The share of the load among equal priorities. */
  readonly weight: number
}

/** An MX record (RFC 5321). */
export interface MX {
  /** The host that takes mail. */
  readonly host: string
  /** Lower is tried first. */
  readonly pref: number
}

/** An NS record. */
export interface NS {
  /** The name server. */
  readonly host: string
}

/** The lookups of a target. Each rejects with a {@link DNSError}; a signal cancels it. */
export interface LookupGroup {
  /** The addresses of a host as text. */
  lookupHost(host: string, options?: LookupOptions): Promise<string[]>
  /** The addresses of a host; network is 'ip', 'ip4' or 'ip6'. */
  lookupIP(network: string, host: string, options?: LookupOptions): Promise<IP[]>
  /** The addresses of a host, with zones. */
  lookupIPAddr(host: string, options?: LookupOptions): Promise<IPAddr[]>
  /** The port of a service on a network ('tcp', 'udp', or 'ip' for either); numbers are taken as they are. */
  lookupPort(network: string, service: string, options?: LookupOptions): Promise<number>
  /** The canonical name of a host, rooted. */
  lookupCNAME(host: string, options?: LookupOptions): Promise<string>
  /** The SRV records of `_service._proto.name`, by priority and randomized by weight. */
  lookupSRV(
    service: string,
    proto: string,
    name: string,
    options?: LookupOptions,
  ): Promise<{ cname: string; addrs: SRV[] }>
  /** The MX records of a domain, by preference. */
  lookupMX(name: string, options?: LookupOptions): Promise<MX[]>
  /** The NS records of a domain. */
  lookupNS(name: string, options?: LookupOptions): Promise<NS[]>
  /** The TXT records of a domain, the strings of each joined. */
  lookupTXT(name: string, options?: LookupOptions): Promise<string[]>
  /** The names of an address. */
  lookupAddr(addr: string, options?: LookupOptions): Promise<string[]>
  /** The number of an IP protocol. */
  lookupProtocol(name: string, options?: LookupOptions): Promise<number>
}
