import { AddrError, IPAddr, TCPAddr, UDPAddr, UnixAddr, type Addr } from '@net/addr'
import {
  ErrDeadlineExceeded,
  OpError,
  type Conn,
  type DialOptions,
  type LookupGroup,
  type Target,
  type TCPNetwork,
  type UDPNetwork,
  type UnixNetwork,
} from '@net/contract'
import { deadlineAt, rejected, Scope } from '@net/io'
import { dialParallel, dialSerial, interleave, type DialOne } from './happy_eyeballs.ts'
import { checkAddr, checkText } from './network.ts'
import type { DialerOptions } from './options.ts'
import { literalAddr, resolveAddrList } from './resolve_addr.ts'

// RFC 8305, section 8, recommends 250 ms between attempts; Go waits 300.
const FALLBACK_DELAY = 300 // milliseconds

/**
 * Dials an address by name over a target: what {@link Net.dial} does. Rejects with an {@link OpError} of op
 * 'dial', or with the signal's reason.
 */
export async function dial(
  target: Target,
  resolver: LookupGroup,
  network: string,
  address: string,
  options: DialerOptions = {},
): Promise<Conn> {
  checkText(network, address)
  const { signal, localAddr = null, fallbackDelay = 0 } = options
  checkAddr(localAddr)
  const at = dialDeadline(options)
  const one = oneOf(target, network, localAddr, options)
  const literal = localAddr === null ? literalAddr(network, address) : null
  if (literal !== null) {
    signal?.throwIfAborted()
    return one(literal, at, signal)
  }
  const addrs = await resolve(options.resolver ?? resolver, network, address, localAddr, at, signal)
  signal?.throwIfAborted()
  if (fallbackDelay < 0 || !network.startsWith('tcp')) return dialSerial(addrs, at, signal, one)
  return dialParallel(interleave(addrs), fallbackDelay || FALLBACK_DELAY, at, signal, one)
}

/** The moment, on the monotonic clock, by which a dial that begins now must be done. */
function dialDeadline({ deadline = null, timeout = 0 }: DialerOptions): number {
  if (typeof timeout !== 'number' || Number.isNaN(timeout)) throw new TypeError('the timeout is not a number')
  return Math.min(deadlineAt(deadline), timeout === 0 ? Infinity : performance.now() + timeout)
}

async function resolve(
  resolver: LookupGroup,
  network: string,
  address: string,
  localAddr: Addr | null,
  at: number,
  outer: AbortSignal | undefined,
): Promise<Addr[]> {
  const scope = new Scope({ signal: outer }, at)
  try {
    return await resolveAddrList(resolver, 'dial', network, address, localAddr, scope)
  } catch (e) {
    if (outer?.aborted && e === outer.reason) throw e
    throw new OpError('dial', network, null, null, e as Error)
  } finally {
    scope.leave()
  }
}

function oneOf(target: Target, network: string, localAddr: Addr | null, options: DialerOptions): DialOne {
  const { control, keepAlive, multipathTCP } = options
  return async (addr, at, signal) => {
    const left = at - performance.now()
    if (left <= 0) throw new OpError('dial', network, localAddr, addr, ErrDeadlineExceeded)
    const deadline = left === Infinity ? null : Date.now() + left
    const dialOptions = { signal, deadline, control, keepAlive, multipathTCP }
    try {
      return await dialSingle(target, network, localAddr, addr, dialOptions)
    } catch (e) {
      // A dial that failed at once has a stack of nothing but what is below; who called stands in this one. The reason of a
      // signal is the caller's own, and stays as it is.
      if (e instanceof OpError) return rejected(e)
      throw e
    }
  }
}

// The local address was found to be of the network's kind when the address was resolved.
function dialSingle(
  target: Target,
  network: string,
  from: Addr | null,
  addr: Addr,
  options: DialOptions,
): Promise<Conn> {
  if (addr instanceof TCPAddr)
    return target.dialTCP(network as TCPNetwork, from as TCPAddr | null, addr, options)
  if (addr instanceof UDPAddr)
    return target.dialUDP(network as UDPNetwork, from as UDPAddr | null, addr, options)
  if (addr instanceof IPAddr) return target.dialIP(network, from as IPAddr | null, addr, options)
  if (addr instanceof UnixAddr)
    return target.dialUnix(network as UnixNetwork, from as UnixAddr | null, addr, options)
  throw new OpError('dial', network, from, addr, new AddrError('unexpected address type', addr.toString()))
}
