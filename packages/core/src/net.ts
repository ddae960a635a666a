import type { Addr, IP, IPAddr, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type {
  Conn,
  DialOptions,
  FileLike,
  Interface,
  IOOptions,
  IPConn,
  Listener,
  ListenOptions,
  LookupGroup,
  LookupOptions,
  MX,
  NS,
  PacketConn,
  SRV,
  Target,
  TCPConn,
  TCPListener,
  TCPNetwork,
  UDPConn,
  UDPNetwork,
  UnixConn,
  UnixListener,
  UnixNetwork,
} from '@net/contract'
import * as dialing from './dial.ts'
import { callArguments, type DialString, type NetworkOf } from './dial_string.ts'
import * as listening from './listen.ts'
import type { ConnOf, ListenerOf, Network, PacketConnOf } from './network.ts'
import type { DialerOptions, ListenerOptions } from './options.ts'
import * as addr from './resolve_addr.ts'
import { tracedLookup, tracedOpen } from './trace.ts'

/** Options of a {@link Net}. */
export interface NetOptions {
  /** Looks names, services and protocols up; absent means the target. */
  readonly resolver?: LookupGroup | undefined
}

/**
 * The network over one target. A program may have any number of them side by side. Its methods reject with
 * {@link OpError}s of op 'dial', 'listen', 'file' or 'route', its lookups with {@link DNSError}s, whose
 * `isNotFound` tells that there is none, and with an AddrError or UnknownNetworkError for an argument that
 * makes no sense; all that take a signal, with its reason. What a target does not have it refuses with EPLAN9
 * or EWINDOWS as `code`.
 *
 * @example
 * ```ts
 * import { defaultNet, Net, resolverOver } from '@net/core'
 *
 * const { target } = defaultNet()
 * const net = new Net(target, { resolver: resolverOver(target, { preferSystem: false }) })
 * const listener = await net.listen('tcp', '127.0.0.1:0')
 * await listener.close()
 * ```
 */
export class Net {
  /** The stack underneath. */
  readonly target: Target
  /** What looks names, services and protocols up. */
  readonly resolver: LookupGroup

  /** Makes a network over `target`. Nothing is opened. */
  constructor(target: Target, options: NetOptions = {}) {
    this.target = target
    this.resolver = options.resolver ?? target
  }

  /**
   * Connects to an address: 'host:port' with a name or an address and a service or a number for TCP and UDP, a host for
   * raw IP, a path for Unix sockets. Or to a dial string of Plan 9: 'tcp!host!service', 'net!host!service'. The type of the
   * connection follows from the network's literal. A name with several addresses is tried as RFC 8305 says. Rejects with an
   * {@link OpError}, a {@link DialError} when several addresses failed, or with the signal's reason.
   */
  dial<N extends Network>(network: N, address: string, options?: DialerOptions): Promise<ConnOf<N>>
  dial(network: string, address: string, options?: DialerOptions): Promise<Conn>
  dial<S extends DialString>(address: S, options?: DialerOptions): Promise<ConnOf<NetworkOf<S>>>
  async dial(network: string, address?: string | DialerOptions, options?: DialerOptions): Promise<Conn> {
    const args = callArguments('dial', network, address, options)
    return tracedOpen('dial', args[0], args[1], () => dialing.dial(this.target, this.resolver, ...args))
  }

  /**
   * Listens for connections: TCP, Unix streams and sequenced packets. An empty host means every address of this machine, port 0 a free
   * one, which the listener's `addr` then tells. Rejects with an {@link OpError}, or with the signal's reason.
   */
  listen<N extends Network>(network: N, address: string, options?: ListenerOptions): Promise<ListenerOf<N>>
  listen(network: string, address: string, options?: ListenerOptions): Promise<Listener>
  listen<S extends DialString>(address: S, options?: ListenerOptions): Promise<ListenerOf<NetworkOf<S>>>
  async listen(
    network: string,
    address?: string | ListenerOptions,
    options?: ListenerOptions,
  ): Promise<Listener> {
    const args = callArguments('listen', network, address, options)
    return tracedOpen('listen', args[0], args[1], () => listening.listen(this.target, this.resolver, ...args))
  }

  /** Listens for packets: UDP, raw IP and Unix datagrams. Addresses and errors as for {@link listen}. */
  listenPacket<N extends Network>(
    network: N,
    address: string,
    options?: ListenerOptions,
  ): Promise<PacketConnOf<N>>
  listenPacket(network: string, address: string, options?: ListenerOptions): Promise<PacketConn>
  listenPacket<S extends DialString>(
    address: S,
    options?: ListenerOptions,
  ): Promise<PacketConnOf<NetworkOf<S>>>
  async listenPacket(
    network: string,
    address?: string | ListenerOptions,
    options?: ListenerOptions,
  ): Promise<PacketConn> {
    const args = callArguments('listen', network, address, options)
    return tracedOpen('listen', args[0], args[1], () =>
      listening.listenPacket(this.target, this.resolver, ...args),
    )
  }

  /**
   * Connects to one TCP address; `laddr` null leaves the local one to the stack, `raddr` null is "missing
   * address". Rejects with an {@link OpError}.
   */
  dialTCP(
    network: TCPNetwork,
    laddr: TCPAddr | null,
    raddr: TCPAddr | null,
    options?: DialOptions,
  ): Promise<TCPConn> {
    return tracedOpen('dial', network, raddr, () => this.target.dialTCP(network, laddr, raddr, options))
  }

  /**
   * Listens on one TCP address; null means every address and a free port. Rejects with an {@link OpError}:
   * EADDRINUSE, EACCES.
   */
  listenTCP(network: TCPNetwork, laddr: TCPAddr | null, options?: ListenOptions): Promise<TCPListener> {
    return tracedOpen('listen', network, laddr, () => this.target.listenTCP(network, laddr, options))
  }

  /** Makes a UDP socket with one peer; `raddr` null is "missing address". Rejects with an {@link OpError}. */
  dialUDP(
    network: UDPNetwork,
    laddr: UDPAddr | null,
    raddr: UDPAddr | null,
    options?: DialOptions,
  ): Promise<UDPConn> {
    return tracedOpen('dial', network, raddr, () => this.target.dialUDP(network, laddr, raddr, options))
  }

  /**
   * Makes a UDP socket bound to one address; null means every address and a free port. Rejects with an
   * {@link OpError}.
   */
  listenUDP(network: UDPNetwork, laddr: UDPAddr | null, options?: ListenOptions): Promise<UDPConn> {
    return tracedOpen('listen', network, laddr, () => this.target.listenUDP(network, laddr, options))
  }

  /**
   * Makes a UDP socket that has joined a group on an interface, null for the system's choice. Rejects with an
   * {@link OpError}; plan9: EPLAN9.
   */
  listenMulticastUDP(
    network: UDPNetwork,
    iface: Interface | null,
    gaddr: UDPAddr | null,
    options?: ListenOptions,
  ): Promise<UDPConn> {
    return tracedOpen('listen', network, gaddr, () =>
      this.target.listenMulticastUDP(network, iface, gaddr, options),
    )
  }

  /** Makes a raw IP socket with one peer. Targets without them reject. */
  dialIP(
    network: string,
    laddr: IPAddr | null,
    raddr: IPAddr | null,
    options?: DialOptions,
  ): Promise<IPConn> {
    return tracedOpen('dial', network, raddr, () => this.target.dialIP(network, laddr, raddr, options))
  }

  /**
   * Makes a raw IP socket bound to one address; null means every address. Targets without them reject. It is
   * an {@link OpError}: EPERM without the privilege.
   */
  listenIP(network: string, laddr: IPAddr | null, options?: ListenOptions): Promise<IPConn> {
    return tracedOpen('listen', network, laddr, () => this.target.listenIP(network, laddr, options))
  }

  /**
   * Connects to a Unix socket; `laddr` null leaves this end without a name, `raddr` null is "missing
   * address". Rejects with an {@link OpError}: ENOENT, ECONNREFUSED.
   */
  dialUnix(
    network: UnixNetwork,
    laddr: UnixAddr | null,
    raddr: UnixAddr | null,
    options?: DialOptions,
  ): Promise<UnixConn> {
    return tracedOpen('dial', network, raddr, () => this.target.dialUnix(network, laddr, raddr, options))
  }

  /**
   * Listens on a Unix socket; null is "missing address". Rejects with an {@link OpError}: EADDRINUSE where the
   * file is there.
   */
  listenUnix(network: UnixNetwork, laddr: UnixAddr | null, options?: ListenOptions): Promise<UnixListener> {
    return tracedOpen('listen', network, laddr, () => this.target.listenUnix(network, laddr, options))
  }

  /** Makes a Unix datagram socket bound to an address; null is "missing address". */
  listenUnixgram(network: 'unixgram', laddr: UnixAddr | null, options?: ListenOptions): Promise<UnixConn> {
    return tracedOpen('listen', network, laddr, () => this.target.listenUnixgram(network, laddr, options))
  }

  /** The TCP address that a text stands for; networks 'tcp', 'tcp4', 'tcp6', and '' for 'tcp'. */
  resolveTCPAddr(network: string, address: string, options?: IOOptions): Promise<TCPAddr> {
    return addr.resolveTCPAddr(this.resolver, network, address, options)
  }

  /** The UDP address that a text stands for; networks 'udp', 'udp4', 'udp6', and '' for 'udp'. */
  resolveUDPAddr(network: string, address: string, options?: IOOptions): Promise<UDPAddr> {
    return addr.resolveUDPAddr(this.resolver, network, address, options)
  }

  /** The IP address that a text stands for; networks 'ip', 'ip4', 'ip6', each also with a protocol. */
  resolveIPAddr(network: string, address: string, options?: IOOptions): Promise<IPAddr> {
    return addr.resolveIPAddr(this.resolver, network, address, options)
  }

  /**
   * The Unix address that a text stands for; networks 'unix', 'unixgram', 'unixpacket'. Rejects with an
   * UnknownNetworkError.
   */
  async resolveUnixAddr(network: string, address: string): Promise<UnixAddr> {
    return addr.resolveUnixAddr(network, address)
  }

  /** The addresses of a host as text. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupHost(host: string, options?: LookupOptions): Promise<string[]> {
    return tracedLookup('lookupHost', host, () => this.resolver.lookupHost(host, options))
  }

  /**
   * The addresses of a host; network is 'ip', 'ip4' or 'ip6'. Rejects with a {@link DNSError}, or with an
   * AddrError where there is none of that family.
   */
  lookupIP(network: string, host: string, options?: LookupOptions): Promise<IP[]> {
    return tracedLookup('lookupIP', host, () => this.resolver.lookupIP(network, host, options))
  }

  /** The addresses of a host, with zones. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupIPAddr(host: string, options?: LookupOptions): Promise<IPAddr[]> {
    return tracedLookup('lookupIPAddr', host, () => this.resolver.lookupIPAddr(host, options))
  }

  /**
   * The port of a service, '' being 0; numbers are taken as they are. Rejects with a {@link DNSError},
   * "unknown port", or with an AddrError for a number that is no port.
   */
  lookupPort(network: string, service: string, options?: LookupOptions): Promise<number> {
    return tracedLookup('lookupPort', service, () => this.resolver.lookupPort(network, service, options))
  }

  /** The canonical name of a host. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupCNAME(host: string, options?: LookupOptions): Promise<string> {
    return tracedLookup('lookupCNAME', host, () => this.resolver.lookupCNAME(host, options))
  }

  /**
   * The SRV records of `_service._proto.name`. Rejects with a {@link DNSError}; it is an InvalidNamesError of
   * `@net/resolve`, with the valid records, where the answer has names that are none. So it is for
   * {@link lookupMX}, {@link lookupNS} and {@link lookupAddr}.
   */
  lookupSRV(
    service: string,
    proto: string,
    name: string,
    options?: LookupOptions,
  ): Promise<{ cname: string; addrs: SRV[] }> {
    return tracedLookup('lookupSRV', name, () => this.resolver.lookupSRV(service, proto, name, options))
  }

  /** The MX records of a domain. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupMX(name: string, options?: LookupOptions): Promise<MX[]> {
    return tracedLookup('lookupMX', name, () => this.resolver.lookupMX(name, options))
  }

  /** The NS records of a domain. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupNS(name: string, options?: LookupOptions): Promise<NS[]> {
    return tracedLookup('lookupNS', name, () => this.resolver.lookupNS(name, options))
  }

  /** The TXT records of a domain. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupTXT(name: string, options?: LookupOptions): Promise<string[]> {
    return tracedLookup('lookupTXT', name, () => this.resolver.lookupTXT(name, options))
  }

  /** The names of an address. Rejects with a {@link DNSError}, or the signal's reason. */
  lookupAddr(address: string, options?: LookupOptions): Promise<string[]> {
    return tracedLookup('lookupAddr', address, () => this.resolver.lookupAddr(address, options))
  }

  /** The number of an IP protocol. Rejects with an AddrError for a name that is not known. */
  lookupProtocol(name: string, options?: LookupOptions): Promise<number> {
    return tracedLookup('lookupProtocol', name, () => this.resolver.lookupProtocol(name, options))
  }

  /** All network interfaces. Rejects with an {@link OpError}. */
  interfaces(): Promise<Interface[]> {
    return this.target.interfaces()
  }

  /** The unicast addresses of all interfaces. Rejects with an {@link OpError}. */
  interfaceAddrs(): Promise<Addr[]> {
    return this.target.interfaceAddrs()
  }

  /** The interface with this number. Rejects with an {@link OpError}. */
  interfaceByIndex(index: number): Promise<Interface> {
    return this.target.interfaceByIndex(index)
  }

  /** The interface with this name. Rejects with an {@link OpError}. */
  interfaceByName(name: string): Promise<Interface> {
    return this.target.interfaceByName(name)
  }

  /** Makes a connection of a connected socket's descriptor, which is duplicated. */
  fileConn(f: FileLike): Promise<Conn> {
    return this.target.fileConn(f)
  }

  /** Makes a listener of a listening socket's descriptor, which is duplicated. */
  fileListener(f: FileLike): Promise<Listener> {
    return this.target.fileListener(f)
  }

  /** Makes a packet connection of a datagram socket's descriptor, which is duplicated. */
  filePacketConn(f: FileLike): Promise<PacketConn> {
    return this.target.filePacketConn(f)
  }
}
