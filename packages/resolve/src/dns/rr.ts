import type { IP } from '@net/addr'

/**
 * The numbers of record types by their names (IANA, "Resource Record (RR) TYPEs"). The content of NAPTR, DS,
 * SSHFP, DNSKEY and TLSA is not read here: it is {@link UnknownData}.
 */
export const RRType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
} as const

/** The class of the Internet. */
export const CLASS_IN = 1

/** An address: A (RFC 1035 section 3.4.1) or AAAA (RFC 3596). */
export interface AddressData {
  readonly kind: 'A' | 'AAAA'
  /** The address, in 4 bytes for A and in 16 for AAAA. */
  readonly ip: IP
}

/** A single name: CNAME, NS or PTR (RFC 1035 section 3.3). */
export interface NameData {
  readonly kind: 'CNAME' | 'NS' | 'PTR'
  /** The name, with a dot at its end. */
  readonly target: string
}

/** A mail exchange (RFC 1035 section 3.3.9). */
export interface MXData {
  readonly kind: 'MX'
  /** 0 to 65535; lower is tried first. */
  readonly pref: number
  /** The host, with a dot at its end. */
  readonly target: string
}

/** The start of a zone (RFC 1035 section 3.3.13); the times are in seconds. */
export interface SOAData {
  readonly kind: 'SOA'
  /** The primary server. */
  readonly ns: string
  /** The mailbox of who is responsible, as a name. */
  readonly mbox: string
  /** The version of the zone; it grows with each change, round past 2^32 - 1. */
  readonly serial: number
  /** How long a secondary waits before it asks for a newer version, in seconds. */
  readonly refresh: number
  /** How long it waits after that has failed, in seconds. */
  readonly retry: number
  /** How long it may answer without having reached the primary, in seconds. */
  readonly expire: number
  /** How long it is remembered that a name does not exist (RFC 2308), in seconds. */
  readonly minTTL: number
}

/** The place of a service (RFC 2782). */
export interface SRVData {
  readonly kind: 'SRV'
  /** 0 to 65535; lower is tried first. */
  readonly priority: number
  /** 0 to 65535: the share of the load among equal priorities. */
  readonly weight: number
  /** 0 to 65535. */
  readonly port: number
  /** The host, with a dot at its end. */
  readonly target: string
}

/** Text (RFC 1035 section 3.3.14). */
export interface TXTData {
  readonly kind: 'TXT'
  /** The strings, each of at most 255 bytes. */
  readonly strings: readonly Uint8Array[]
}

/** How to reach a service (RFC 9460). */
export interface SVCBData {
  readonly kind: 'SVCB' | 'HTTPS'
  /** 0 for an alias. */
  readonly priority: number
  /** The host, with a dot at its end; '.' stands for the record's own name. */
  readonly target: string
  /** The parameters by their number (1 alpn, 3 port, 4 ipv4hint, 6 ipv6hint ...), in ascending order. */
  readonly params: readonly { readonly key: number; readonly value: Uint8Array }[]
}

/** Who may issue certificates (RFC 8659). */
export interface CAAData {
  readonly kind: 'CAA'
  /** 128 when the record is critical. */
  readonly flags: number
  /** The property: 'issue', 'issuewild', 'iodef'. */
  readonly tag: string
  /** What the property says, mostly a text in ASCII. */
  readonly value: Uint8Array
}

/**
 * The options of EDNS (RFC 6891). The record's class is the sender's UDP size, its TTL holds bits of the
 * header.
 */
export interface OPTData {
  readonly kind: 'OPT'
  /** The options by their number (10 COOKIE, 15 Extended DNS Error ...). */
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[]
}

/**
 * A record of a type that is not read here, or of SVCB, HTTPS or CAA when malformed: its bytes (RFC 3597).
 */
export interface UnknownData {
  readonly kind: 'unknown'
  /** The content as it stands in the message. */
  readonly bytes: Uint8Array
}

/** The content of a record. */
export type RRData =
  AddressData | NameData | MXData | SOAData | SRVData | TXTData | SVCBData | CAAData | OPTData | UnknownData

/** What stands before the content of a record. */
export interface RRHeader {
  /** The name it belongs to, with a dot at its end. */
  readonly name: string
  /** The number of its type: {@link RRType}. */
  readonly type: number
  /** The number of its class, nearly always {@link CLASS_IN}. */
  readonly class: number
  /** How long it may be kept, in seconds. */
  readonly ttl: number
}

/** A resource record. */
export interface RR extends RRHeader {
  /** What it says. */
  readonly data: RRData
}
