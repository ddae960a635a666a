import { AddrError, IPAddr, TCPAddr, UDPAddr, UnixAddr, type Addr } from '@net/addr'
import {
  OpError,
  type Listener,
  type LookupGroup,
  type PacketConn,
  type Target,
  type TCPNetwork,
  type UDPNetwork,
  type UnixNetwork,
} from '@net/contract'
import { checkText } from './network.ts'
import type { ListenerOptions } from './options.ts'
import { preferIPv4, resolveAddrList } from './resolve_addr.ts'

/**
 * Listens for connections on an address by name: what {@link Net.listen} does. Rejects with an {@link OpError}
 * of op 'listen', or with the signal's reason.
 */
export async function listen(
  target: Target,
  resolver: LookupGroup,
  network: string,
  address: string,
  options: ListenerOptions = {},
): Promise<Listener> {
  const addr = await resolve(resolver, network, address, options)
  if (addr instanceof TCPAddr) return target.listenTCP(network as TCPNetwork, addr, options)
  if (addr instanceof UnixAddr && network !== 'unixgram') {
    return target.listenUnix(network as UnixNetwork, addr, options)
  }
  throw unexpected(network, address, addr)
}

/**
 * Listens for packets on an address by name: what {@link Net.listenPacket} does. Rejects with an
 * {@link OpError} of op 'listen', or with the signal's reason.
 */
export async function listenPacket(
  target: Target,
  resolver: LookupGroup,
  network: string,
  address: string,
  options: ListenerOptions = {},
): Promise<PacketConn> {
  const addr = await resolve(resolver, network, address, options)
  if (addr instanceof UDPAddr) return target.listenUDP(network as UDPNetwork, addr, options)
  if (addr instanceof IPAddr) return target.listenIP(network, addr, options)
  if (addr instanceof UnixAddr && network === 'unixgram') {
    return target.listenUnixgram(network, addr, options)
  }
  throw unexpected(network, address, addr)
}

async function resolve(
  resolver: LookupGroup,
  network: string,
  address: string,
  options: ListenerOptions,
): Promise<Addr> {
  checkText(network, address)
  const { signal } = options
  let addr: Addr | undefined
  try {
    const lookup = options.resolver ?? resolver
    addr = preferIPv4(await resolveAddrList(lookup, 'listen', network, address, null, { signal }))
    if (addr === undefined) throw new AddrError('no suitable address found', address)
  } catch (e) {
    if (signal?.aborted && e === signal.reason) throw e
    throw new OpError('listen', network, null, null, e as Error)
  }
  signal?.throwIfAborted()
  return addr
}

function unexpected(network: string, address: string, addr: Addr): OpError {
  return new OpError('listen', network, null, addr, new AddrError('unexpected address type', address))
}
