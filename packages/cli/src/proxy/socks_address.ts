import { IP, type Addr } from '@net/core'

/** RFC 1928, section 5: the types of addresses. */
export const ATYP_IPV4 = 1
/** A name, with its length before it. */
export const ATYP_DOMAINNAME = 3
/** An address of IPv6. */
export const ATYP_IPV6 = 4

/** The bytes of an address with its port: | type | address | port |. One that is none of IP is 0.0.0.0:0. */
export function addressBytes(addr?: Addr): Uint8Array {
  const { ip = null, port = 0 } = (addr ?? {}) as { readonly ip?: IP | null; readonly port?: number }
  const bytes = (ip?.to4() ?? ip)?.bytes() ?? new Uint8Array(4)
  return Uint8Array.of(bytes.byteLength === 4 ? ATYP_IPV4 : ATYP_IPV6, ...bytes, port >> 8, port & 0xff)
}

/** Reads an address with its port from its type on; null where there is none, or not all of it. */
export function parseAddress(p: Uint8Array, at: number): { host: string; port: number; end: number } | null {
  const [type, first = 0] = p.subarray(at)
  const isName = type === ATYP_DOMAINNAME
  const length = isName ? first : type === ATYP_IPV4 ? 4 : type === ATYP_IPV6 ? 16 : null
  if (length === null) return null
  const begin = at + (isName ? 2 : 1)
  const end = begin + length + 2
  if (p.byteLength < end) return null
  const bytes = p.subarray(begin, begin + length)
  const host = isName ? Buffer.from(bytes).toString('latin1') : IP.from(bytes).toString()
  return { host, port: ((p[end - 2] ?? 0) << 8) | (p[end - 1] ?? 0), end }
}
