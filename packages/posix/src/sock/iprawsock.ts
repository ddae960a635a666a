import { IPAddr, parseNetwork, UnknownNetworkError } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type IOOptions,
  type IPConn,
  type IPRawSockGroup,
  type ListenOptions,
  type ReceivedMessage,
  type SentMessage,
  checkAddr,
  checkBuffer,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { ProtocolsFile } from '@net/resolve'
import { abi } from '../abi/system.ts'
import type { FD } from '../fd/fd.ts'
import { socketNames, type Names } from '../fd/names.ts'
import { inetSpec, putAddr, type InetKind } from './ipsock.ts'
import { ReceiveOp } from '../fd/op.ts'
import { PosixPacketConn, scratch } from './packetconn.ts'
import { dialSocket, listenSocket, type SocketSpec } from '../fd/sock.ts'
import { payloadOffset } from '../wire/ipv4_header.ts'
import { getIP, getZone } from '../wire/sockaddr.ts'

/** How to ask for the addresses of a raw IP socket. */
export const ipNames: Names = socketNames(getIPAddr)

function getIPAddr(): IPAddr {
  return new IPAddr(getIP(), getZone())
}

const noPeer = new IPAddr(null)
/** A raw IP socket of the kernel, or an unprivileged one for pings. */
export class PosixIPConn extends PosixPacketConn<IPAddr> implements IPConn {
  // The kernel delivers IPv4 packets with their header. They are read into a scratch buffer, so that the
  // caller's buffer receives as much payload as it has room for.
  readonly #headed: boolean

  /**
   * Takes over a bound or connected socket; `raw` is false for one of pings, whose packets have no header.
   */
  constructor(fd: FD, family: number, connected: boolean, raw = true) {
    super(fd, family, connected, raw)
    this.#headed = raw && family === abi.AF_INET
  }

  override get remoteAddr(): IPAddr {
    return (this.fd.remoteAddr as IPAddr | null) ?? noPeer
  }

  override read(p: Uint8Array, options?: IOOptions): Promise<number> {
    if (!this.#headed || checkBuffer(p) !== null) return super.read(p, options)
    if (p.byteLength === 0 && !this.fd.isClosed) return Promise.resolve(0)
    return this.#receive((n) => copy(n, p), options, p)
  }

  override readFrom(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) return Promise.reject(wrong)
    if (!this.#headed) return super.readFrom(p, options)
    return this.#receive((n) => [copy(n, p), this.peer()], options, p)
  }

  override receive(p?: Uint8Array<ArrayBuffer>): Promise<[Uint8Array<ArrayBuffer>, IPAddr]> {
    if (p !== undefined || !this.#headed) return super.receive(p)
    return this.#receive((n) => [scratch().slice(payloadOffset(scratch(), n), n), this.peer()])
  }

  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]> {
    return this.readFrom(p, options)
  }

  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  readMsgIP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<IPAddr>> {
    return this.readMsg(p, oob, options)
  }

  writeMsgIP(p: Uint8Array, oob: Uint8Array, addr: IPAddr | null, options?: IOOptions): Promise<SentMessage> {
    return this.writeMsg(p, oob, addr, options)
  }

  #receive<T>(finish: (n: number) => T, options?: IOOptions, caller?: Uint8Array): Promise<T> {
    return this.fd.reading.run(new ReceiveOp(this.fd, scratch(), finish, caller), options)
  }

  protected peer(): IPAddr {
    return getIPAddr()
  }

  protected put(addr: IPAddr): number {
    return putAddr(this.family, addr)
  }

  protected checkAddr(addr: unknown): TypeError | null {
    return checkAddr(addr, 'an IPAddr')
  }
}

function copy(n: number, p: Uint8Array): number {
  const packet = scratch()
  const at = payloadOffset(packet, n)
  const length = Math.min(n - at, p.byteLength)
  p.set(packet.subarray(at, at + length))
  return length
}

// Linux hides a peer whose port is 0 from getpeername (inet_getname), also from a process that takes the
// socket over by its descriptor, so the peer gets a port, which has no other use here. The BSDs report such a
// peer.
function peerPort(proto: number): number {
  return abi.has.portlessPeers ? 0 : Math.max(proto, 1)
}

const protocols = new ProtocolsFile()

function rawKind(network: string): InetKind {
  const { afnet, proto } = parseNetwork(network, true, (name) => protocols.get().get(name) ?? null)
  if (!/^ip[46]?$/.test(afnet)) throw new UnknownNetworkError(network)
  return { net: afnet, sotype: abi.SOCK_RAW, proto, names: ipNames }
}

function pingKind(network: string): InetKind {
  if (!/^ip[46]?$/.test(network)) throw new UnknownNetworkError(network)
  const proto = (family: number): number => (family === abi.AF_INET ? abi.IPPROTO_ICMP : abi.IPPROTO_ICMPV6)
  return { net: network, sotype: abi.SOCK_DGRAM, proto, names: ipNames }
}

async function dial(
  network: string,
  kind: (network: string) => InetKind,
  laddr: IPAddr | null,
  raddr: IPAddr | null,
  options: DialOptions,
): Promise<IPConn> {
  checkAddrs('an IPAddr', laddr, raddr)
  let s: SocketSpec
  try {
    if (raddr === null) throw missingAddress()
    s = inetSpec(kind(network), laddr, raddr, 'dial')
  } catch (e) {
    throw new OpError('dial', network, laddr, raddr, e as Error)
  }
  try {
    const putRemote = (): number =>
      putAddr(s.family, { ip: raddr.ip, zone: raddr.zone, port: peerPort(s.proto) })
    const fd = await dialSocket({ ...s, putRemote }, options)
    fd.setAddrs(undefined, raddr)
    return new PosixIPConn(fd, s.family, true, s.sotype === abi.SOCK_RAW)
  } catch (e) {
    // dialSocket's error names the network without the protocol; the user's has both.
    throw e instanceof OpError ? new OpError('dial', network, laddr, raddr, e.cause) : e
  }
}

function listen(
  network: string,
  kind: (network: string) => InetKind,
  laddr: IPAddr | null,
  options: ListenOptions,
): IPConn {
  checkAddrs('an IPAddr', laddr)
  try {
    const s = inetSpec(kind(network), laddr, null, 'listen')
    return new PosixIPConn(listenSocket(s, options), s.family, false, s.sotype === abi.SOCK_RAW)
  } catch (e) {
    throw new OpError('listen', network, null, laddr ?? noPeer, e as Error)
  }
}

/** Raw IP over the kernel's sockets. */
export const ipRawSockGroup: IPRawSockGroup = {
  async dialIP(network, laddr, raddr, options = {}) {
    return await dial(network, rawKind, laddr, raddr, options)
  },

  async listenIP(network, laddr, options = {}) {
    return await Promise.resolve(listen(network, rawKind, laddr, options))
  },
}

/**
 * Makes a socket that pings `raddr` without privilege where the kernel allows it (linux:
 * net.ipv4.ping_group_range; darwin). It sends ICMP echo requests, whose identifier and checksum the kernel
 * fills in, and gets the answers to them and nothing else. `network` is 'ip', 'ip4' or 'ip6'. Rejects with an
 * {@link OpError}, EACCES where it is not allowed.
 *
 * @example
 * ```ts
 * import { IPAddr, parseIP } from '@net/addr'
 * import { dialPing } from '@net/posix'
 *
 * const ping = await dialPing('ip4', null, new IPAddr(parseIP('127.0.0.1'))).catch(() => null)
 * if (ping !== null) {
 *   await ping.write(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1)) // an echo request, the first of its sequence
 *   await ping.read(new Uint8Array(64)) // its answer
 *   await ping.close()
 * }
 * ```
 */
export async function dialPing(
  network: string,
  laddr: IPAddr | null,
  raddr: IPAddr | null,
  options: DialOptions = {},
): Promise<IPConn> {
  return await dial(network, pingKind, laddr, raddr, options)
}

/**
 * The same for a socket that pings any host, by writeTo. A `laddr` of null and 'ip' mean an IPv6 socket,
 * which pings IPv6 hosts only. Rejects as {@link dialPing} does, of op 'listen'.
 *
 * @example
 * ```ts
 * import { IPAddr, parseIP } from '@net/addr'
 * import { listenPing } from '@net/posix'
 *
 * const ping = await listenPing('ip4', null).catch(() => null)
 * if (ping !== null) {
 *   await ping.writeTo(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1), new IPAddr(parseIP('127.0.0.1')))
 *   await ping.readFrom(new Uint8Array(64)) // the answer, and who gave it
 *   await ping.close()
 * }
 * ```
 */
export async function listenPing(
  network: string,
  laddr: IPAddr | null,
  options: ListenOptions = {},
): Promise<IPConn> {
  return await Promise.resolve(listen(network, pingKind, laddr, options))
}
