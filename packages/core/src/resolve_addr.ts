import {
  AddrError,
  IPAddr,
  IPv4zero,
  IPv6unspecified,
  parseIPZone,
  parseNetwork,
  splitHostPort,
  TCPAddr,
  UDPAddr,
  UnixAddr,
  UnknownNetworkError,
  type Addr,
} from '@net/addr'
import {
  DNSError,
  ErrDeadlineExceeded,
  type IOOptions,
  type LookupGroup,
  type UnixNetwork,
} from '@net/contract'
import { endingOf } from '@net/io'
import { checkText, isWildcard } from './network.ts'
import { tracedLookup } from './trace.ts'

/** An address of the internet. */
type InetAddr = TCPAddr | UDPAddr | IPAddr

const noSuitableAddress = 'no suitable address found'

/**
 * The addresses that `address` stands for on a network, in the order to try them; each is of the class that the network
 * dials. `local` is the address to dial from, which must fit, or null. Rejects with bare errors, to be wrapped.
 */
export async function resolveAddrList(
  resolver: LookupGroup,
  op: 'dial' | 'listen',
  network: string,
  address: string,
  local: Addr | null,
  options?: IOOptions,
): Promise<Addr[]> {
  const afnet = await familyNetwork(resolver, network, true, options)
  if (op === 'dial' && address === '') throw new AddrError('missing address', '')
  if (afnet === 'unix' || afnet === 'unixgram' || afnet === 'unixpacket') {
    if (local !== null && local.network !== afnet) throw mismatched(local)
    return [new UnixAddr(address, afnet)]
  }
  const addrs = await internetAddrList(resolver, afnet, address, options)
  return local === null ? addrs : suitable(addrs, local)
}

/**
 * The address that 'host:port' in numbers, or the path of a Unix socket, stands for: nothing has to be looked up or waited for.
 * Null for everything else, what is wrong included, which {@link resolveAddrList} takes.
 */
export function literalAddr(network: string, address: string): Addr | null {
  if (/^unix(gram|packet)?$/.test(network)) {
    return address === '' ? null : new UnixAddr(address, network as UnixNetwork)
  }
  const family = /^(tcp|udp)([46]?)$/.exec(network)?.[2]
  const [, host6, host4, digits] = /^(?:\[(.+)\]|([0-9.]+)):(\d{1,5})$/.exec(address) ?? []
  if (family === undefined || digits === undefined || Number(digits) > 65535) return null
  const literal = parseIPZone(host6 ?? host4 ?? '')
  if (literal === null || literal.ip.equal(IPv6unspecified)) return null
  const addr = network.startsWith('tcp')
    ? new TCPAddr(literal.ip, Number(digits), literal.zone)
    : new UDPAddr(literal.ip, Number(digits), literal.zone)
  return family === '' || isIPv4(addr) === (family === '4') ? addr : null
}

/**
 * Resolves the address of an end point of TCP; '' as network means 'tcp'. IPv4 is preferred, as in Go.
 * Rejects with an UnknownNetworkError, an AddrError, a {@link DNSError} or the signal's reason.
 */
export async function resolveTCPAddr(
  resolver: LookupGroup,
  network: string,
  address: string,
  options?: IOOptions,
): Promise<TCPAddr> {
  checkText(network, address)
  if (!/^(tcp[46]?)?$/.test(network)) throw new UnknownNetworkError(network)
  return (await resolveAddr(resolver, network || 'tcp', address, '[', options)) as TCPAddr
}

/**
 * Resolves the address of an end point of UDP; '' as network means 'udp'. IPv4 is preferred, as in Go.
 * Rejects with an UnknownNetworkError, an AddrError, a {@link DNSError} or the signal's reason.
 */
export async function resolveUDPAddr(
  resolver: LookupGroup,
  network: string,
  address: string,
  options?: IOOptions,
): Promise<UDPAddr> {
  checkText(network, address)
  if (!/^(udp[46]?)?$/.test(network)) throw new UnknownNetworkError(network)
  return (await resolveAddr(resolver, network || 'udp', address, '[', options)) as UDPAddr
}

/**
 * Resolves the address of an end point of raw IP; a protocol in the network is looked up and not used.
 * Rejects with an UnknownNetworkError, an AddrError, a {@link DNSError} or the signal's reason.
 */
export async function resolveIPAddr(
  resolver: LookupGroup,
  network: string,
  address: string,
  options?: IOOptions,
): Promise<IPAddr> {
  checkText(network, address)
  const afnet = await familyNetwork(resolver, network || 'ip', false, options)
  if (!afnet.startsWith('ip')) throw new UnknownNetworkError(network)
  // As in Go, what was written does not count where the network has a protocol.
  const mark = afnet === (network || 'ip') ? ':' : null
  return (await resolveAddr(resolver, afnet, address, mark, options)) as IPAddr
}

/**
 * Makes the address of an end point of Unix sockets. Nothing is looked up. Throws an UnknownNetworkError for
 * other networks.
 */
export function resolveUnixAddr(network: string, address: string): UnixAddr {
  checkText(network, address)
  if (!/^unix(gram|packet)?$/.test(network)) throw new UnknownNetworkError(network)
  return new UnixAddr(address, network as UnixNetwork)
}

/** The first address of IPv4, else the first of all. */
export function preferIPv4(addrs: readonly Addr[]): Addr | undefined {
  return addrs.find(isIPv4) ?? addrs[0]
}

/** Whether an address is of IPv4; an absent one counts as IPv4, as it may be. */
export function isIPv4(addr: Addr): boolean {
  const { ip = null } = addr as Partial<InetAddr>
  return ip?.to4() !== null
}

/** The network without its protocol, which is looked up so that an unknown one is an error. */
async function familyNetwork(
  resolver: LookupGroup,
  network: string,
  needsProtocol: boolean,
  options?: IOOptions,
): Promise<string> {
  const { afnet, proto } = parseNetwork(network, needsProtocol)
  if (typeof proto === 'string') await resolver.lookupProtocol(proto, inTime(options))
  return afnet
}

// A number or a service from a file takes no time. As in Go it is there also when the time is over, for the error to tell
// which address was to be dialled.
function inTime(options: IOOptions | undefined): IOOptions | undefined {
  return endingOf(options)?.reason === ErrDeadlineExceeded ? undefined : options
}

/** One address of a list. `mark` in the text, if there is one, shows that IPv6 was written, which is then preferred. */
async function resolveAddr(
  resolver: LookupGroup,
  network: string,
  address: string,
  mark: string | null,
  options?: IOOptions,
): Promise<InetAddr | undefined> {
  const addrs = await internetAddrList(resolver, network, address, options)
  const wants6 = !/[46]$/.test(network) && mark !== null && address.includes(mark)
  return addrs.find((addr) => isIPv4(addr) !== wants6) ?? addrs[0]
}

/** The addresses of 'host:port', or of 'host' for raw IP. */
async function internetAddrList(
  resolver: LookupGroup,
  network: string,
  address: string,
  options?: IOOptions,
): Promise<InetAddr[]> {
  let host = address
  let port = 0
  if (!network.startsWith('ip') && address !== '') {
    const parts = splitHostPort(address)
    host = parts.host
    port = await resolver.lookupPort(network, parts.port, inTime(options))
  }
  const make = (a: IPAddr): InetAddr => {
    if (network.startsWith('tcp')) return new TCPAddr(a.ip, port, a.zone)
    return network.startsWith('udp') ? new UDPAddr(a.ip, port, a.zone) : a
  }
  if (host === '') return [make(new IPAddr(null))]
  const found = await lookupIPAddr(resolver, host, options)
  // Where IPv6 is half configured, '::' can be bound but not reached: 0.0.0.0 is this machine too (Go issue 18806).
  if (found.length === 1 && found[0]?.ip?.equal(IPv6unspecified)) found.push(new IPAddr(IPv4zero))
  const wanted = network.endsWith('4')
    ? found.filter(isIPv4)
    : network.endsWith('6')
      ? found.filter((a) => !isIPv4(a))
      : found
  if (wanted.length === 0) throw new AddrError(noSuitableAddress, host)
  return wanted.map(make)
}

async function lookupIPAddr(resolver: LookupGroup, host: string, options?: IOOptions): Promise<IPAddr[]> {
  const literal = parseIPZone(host)
  if (literal !== null) return [new IPAddr(literal.ip, literal.zone)]
  try {
    endingOf(options)?.throwIfOver()
    return [...(await tracedLookup('lookupIPAddr', host, () => resolver.lookupIPAddr(host, options)))]
  } catch (e) {
    if (e !== ErrDeadlineExceeded) throw e
    throw new DNSError('i/o timeout', host, { isTimeout: true, cause: ErrDeadlineExceeded })
  }
}

/** Those of `addrs` that can be dialled from `local`. */
function suitable(addrs: InetAddr[], local: Addr): InetAddr[] {
  const from = local as InetAddr
  if (addrs.some((addr) => addr.network !== from.network)) throw mismatched(from)
  const fits = addrs.filter((addr) => isWildcard(from) || isWildcard(addr) || isIPv4(addr) === isIPv4(from))
  if (fits.length === 0) throw new AddrError(noSuitableAddress, from.toString())
  return fits
}

function mismatched(local: Addr): AddrError {
  return new AddrError('mismatched local address type', local.toString())
}
