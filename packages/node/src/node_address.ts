/** Where one end of a connection is, as net.Socket tells it; without properties where addresses are not IP addresses. */
export interface NodeAddress {
  /** The IP address as text. */
  address?: string
  /** 'IPv4' or 'IPv6'. */
  family?: string
  /** The port. */
  port?: number
}

/** The IP address of an address as text; undefined where it has none. */
export function hostnameOf(addr: object | undefined): string | undefined {
  return addr !== undefined && 'hostname' in addr && typeof addr.hostname === 'string'
    ? addr.hostname
    : undefined
}

/** The port of an address; undefined where it has none. */
export function portOf(addr: object | undefined): number | undefined {
  return addr !== undefined && 'port' in addr && typeof addr.port === 'number' ? addr.port : undefined
}

/** 'IPv4' or 'IPv6', of an IP address as text; undefined for none. */
export function familyOf(address: string | undefined): string | undefined {
  return address === undefined || address === '' ? undefined : address.includes(':') ? 'IPv6' : 'IPv4'
}
