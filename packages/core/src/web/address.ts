import { splitHostPort } from '@net/addr'
import { SocketError } from './error.ts'

/** Where to connect to. */
export interface SocketAddress {
  /** A name, an IPv4 address, or an IPv6 address with or without brackets. */
  readonly hostname: string
  /** The port, 0 to 65535. */
  readonly port: number
}

/** An address as an object, or as text: 'example.com:443', '[::1]:443'. */
export type AnySocketAddress = string | SocketAddress

/** Reads an address; throws a SocketError for what is none. */
export function socketAddress(address: AnySocketAddress): SocketAddress {
  const { hostname, port } = typeof address === 'string' ? fromText(address) : address
  if (typeof hostname !== 'string' || hostname === '') throw new SocketError('the address has no hostname')
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new SocketError('the port is not a number from 0 to 65535')
  }
  return { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port }
}

function fromText(address: string): SocketAddress {
  try {
    const { host, port } = splitHostPort(address)
    return { hostname: host, port: /^\d+$/.test(port) ? Number(port) : NaN }
  } catch (e) {
    throw new SocketError(e as Error)
  }
}
