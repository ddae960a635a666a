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
  /** Its port. 0 to 65535. */
  readonly port: number
  /** Lower is tried first. 0 to 65535. */
  readonly priority: number
  /** The share of the load among equal priorities. 0 to 65535; 0 gets next to none. */
  readonly weight: number
}

/** An MX record (RFC 5321). */
export interface MX {
  /** The host that takes mail. */
  readonly host: string
  /** Lower is tried first. 0 to 65535. */
  readonly pref: number
}

/** An NS record. */
export interface NS {
  /** The name server. */
  readonly host: string
}

/**
 * The lookups of a target. Each rejects with a {@link DNSError}; a signal cancels it. On every target; what a
 * plan9 tree cannot be asked rejects with its words.
 */
export interface LookupGroup {
  /**
   * The addresses of a host as text. Rejects with a {@link DNSError}, whose `isNotFound` tells that there is
   * none, or with the signal's reason. An address is given as it is.
   */
  lookupHost(host: string, options?: LookupOptions): Promise<string[]>
  /**
   * The addresses of a host; network is 'ip', 'ip4' or 'ip6'. Rejects with a {@link DNSError}, whose
   * `isNotFound` tells that there is none, or with the signal's reason. An UnknownNetworkError for other
   * networks, an AddrError where the host has no address of that family.
   */
  lookupIP(network: string, host: string, options?: LookupOptions): Promise<IP[]>
  /**
   * The addresses of a host, with zones. Rejects with a {@link DNSError}, whose `isNotFound` tells that there
   * is none, or with the signal's reason.
   */
  lookupIPAddr(host: string, options?: LookupOptions): Promise<IPAddr[]>
  /**
   * The port of a service on a network ('tcp', 'udp', or 'ip' for either); numbers are taken as they are. The
   * empty service is 0. Rejects with a {@link DNSError} ("unknown port"), with an AddrError for a number
   * outside 0 to 65535, or with the signal's reason.
   */
  lookupPort(network: string, service: string, options?: LookupOptions): Promise<number>
  /**
   * The canonical name of a host, rooted. Rejects with a {@link DNSError}, whose `isNotFound` tells that there
   * is none, or with the signal's reason.
   */
  lookupCNAME(host: string, options?: LookupOptions): Promise<string>
  /**
   * The SRV records of `_service._proto.name`, by priority and randomized by weight. Rejects with a
   * {@link DNSError}, whose `isNotFound` tells that there is none, or with the signal's reason. Where a name
   * in the answer is no domain name, it rejects with an `InvalidNamesError` (`@net/resolve`), which holds the
   * valid ones.
   */
  lookupSRV(
    service: string,
    proto: string,
    name: string,
    options?: LookupOptions,
  ): Promise<{ cname: string; addrs: SRV[] }>
  /**
   * The MX records of a domain, by preference. Rejects with a {@link DNSError}, whose `isNotFound` tells that
   * there is none, or with the signal's reason. Where a name in the answer is no domain name, it rejects with
   * an `InvalidNamesError` (`@net/resolve`), which holds the valid ones.
   */
  lookupMX(name: string, options?: LookupOptions): Promise<MX[]>
  /**
   * The NS records of a domain. Rejects with a {@link DNSError}, whose `isNotFound` tells that there is none,
   * or with the signal's reason. Where a name in the answer is no domain name, it rejects with an
   * `InvalidNamesError` (`@net/resolve`), which holds the valid ones.
   */
  lookupNS(name: string, options?: LookupOptions): Promise<NS[]>
  /**
   * The TXT records of a domain, the strings of each joined. Rejects with a {@link DNSError}, whose
   * `isNotFound` tells that there is none, or with the signal's reason.
   */
  lookupTXT(name: string, options?: LookupOptions): Promise<string[]>
  /**
   * The names of an address. Rejects with a {@link DNSError}, whose `isNotFound` tells that there is none, or
   * with the signal's reason. Where a name in the answer is no domain name, it rejects with an
   * `InvalidNamesError` (`@net/resolve`), which holds the valid ones.
   */
  lookupAddr(addr: string, options?: LookupOptions): Promise<string[]>
  /**
   * The number of an IP protocol. Rejects with an AddrError ("unknown IP protocol specified") for a name that
   * is not known, with a {@link DNSError} where the tree of plan9 fails, or with the signal's reason.
   */
  lookupProtocol(name: string, options?: LookupOptions): Promise<number>
}
