import type { TCPAddr } from '@net/addr'
import {
  OpError,
  type DialOptions,
  type FileSource,
  type IOOptions,
  type KeepAliveConfig,
  type ListenOptions,
  type SendFileOptions,
  type TCPConn,
  type TCPListener,
  type TCPNetwork,
  type TCPSockGroup,
  checkNetwork,
  missingAddress,
  checkAddrs,
} from '@net/contract'
import { turnTaken } from '@net/io'
import { abi } from '../abi/system.ts'
import { PosixConn } from '../fd/conn.ts'
import { FD } from '../fd/fd.ts'
import { socketNames, type Names } from '../fd/names.ts'
import { inetSpec } from './ipsock.ts'
import { PosixListener } from '../fd/listener.ts'
import { check, descriptor } from '../fd/rawconn.ts'
import { sendFile } from '../fd/sendfile.ts'
import { connectSocket, listenSocket, type SocketSpec } from '../fd/sock.ts'
import { getPort, getTCPAddr, packedAddr, unpackedAddr } from '../wire/sockaddr.ts'
import * as sockopt from '../sys/sockopt.ts'
import { IPPROTO_MPTCP, isMultipathTCP } from '../option/sockopt_linux.ts'

/** The address that the kernel has told, packed where it can be. */
function toldAddr(): TCPAddr | number {
  return packedAddr() ?? getTCPAddr()
}

/** How to ask for the addresses of a TCP socket. */
export const tcpNames: Names = { ...socketNames(toldAddr), unpacked: unpackedAddr }

function set(fd: FD, result: number): void {
  check(fd, 'set', 'setsockopt', result)
}

/** A TCP connection over a kernel socket. */
export class PosixTCPConn extends PosixConn<TCPAddr> implements TCPConn {
  setLinger(seconds: number): void {
    set(this.fd, sockopt.setLinger(descriptor(this.fd, 'set'), seconds))
    this.fd.setLingers(seconds > 0)
  }

  setNoDelay(on = true): void {
    set(this.fd, sockopt.setNoDelay(descriptor(this.fd, 'set'), on))
  }

  setKeepAlive(on = true): void {
    set(this.fd, sockopt.setKeepAlive(descriptor(this.fd, 'set'), on))
  }

  setKeepAliveConfig(config: KeepAliveConfig): void {
    set(this.fd, sockopt.setKeepAliveConfig(descriptor(this.fd, 'set'), config))
  }

  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return sendFile(this.fd, source, options)
  }

  multipathTCP(): boolean {
    return isMultipathTCP(descriptor(this.fd, 'get'))
  }
}

/** A TCP listener over a kernel socket. */
export class PosixTCPListener extends PosixListener<TCPConn, TCPAddr> implements TCPListener {
  acceptTCP(options?: IOOptions): Promise<TCPConn> {
    return this.accept(options)
  }

  // No options are set: a new connection inherits them from the listener.
  protected connection(fd: number): TCPConn {
    const accepted = new FD(fd, this.fd.net, tcpNames)
    accepted.setAddrs(undefined, toldAddr())
    return new PosixTCPConn(accepted)
  }
}

function spec(
  network: TCPNetwork,
  laddr: TCPAddr | null,
  raddr: TCPAddr | null,
  mode: 'dial' | 'listen',
): SocketSpec {
  checkNetwork(network, 'tcp')
  const kind = { net: network, sotype: abi.SOCK_STREAM, proto: abi.IPPROTO_TCP, names: tcpNames }
  return inetSpec(kind, laddr, raddr, mode)
}

const EADDRNOTAVAIL = 'EADDRNOTAVAIL'

// A connect from a port that the kernel chose may meet itself (both ends open at once), or fail because the
// port was taken between choice and use. Both pass when tried again (Go issues 2690, 5105).
function dial(
  spec: SocketSpec,
  laddr: TCPAddr | null,
  raddr: TCPAddr,
  options: DialOptions,
): FD | Promise<FD> {
  const free = laddr === null || laddr.port === 0
  let first: FD | Promise<FD>
  try {
    first = connectSocket(spec, options)
  } catch (e) {
    first = Promise.reject(e)
  }
  if (first instanceof FD) {
    const meetsItself = keepAddrs(first, raddr)
    if (!meetsItself || !free) return first
  }
  return dialAgain(first, free, spec, raddr, options)
}

async function dialAgain(
  first: FD | Promise<FD>,
  free: boolean,
  spec: SocketSpec,
  raddr: TCPAddr,
  options: DialOptions,
): Promise<FD> {
  for (let again = 0; ; again++) {
    try {
      const fd = await (again === 0 ? first : connectSocket(spec, options))
      const meetsItself = keepAddrs(fd, raddr)
      if (!meetsItself || again === 2 || !free) return fd
      void fd.close()
    } catch (e) {
      if (again === 2 || !free || !(e instanceof OpError) || e.code !== EADDRNOTAVAIL) throw e
    }
  }
}

/** Asks for the own address of a connection, and keeps both. Gives whether they are the same. */
function keepAddrs(fd: FD, raddr: TCPAddr): boolean {
  const { ip } = raddr
  const local = tcpNames.local(fd.number)
  const port = local === null ? -1 : getPort()
  // What the kernel would say again is kept. A socket that connects with its first write (TCP fast open)
  // has no port yet, and only the kernel knows which address the unspecified one stands for.
  const known = raddr.zone === '' && ip !== null && !ip.isUnspecified
  fd.setAddrs(port === 0 ? undefined : local, known ? raddr : undefined)
  // A peer that hung up already has no name in the kernel; the address that was dialled takes its place.
  if (!known && fd.remoteAddr === null) fd.setAddrs(fd.localAddr, raddr)
  if (port !== raddr.port) return false
  const own = getTCPAddr().ip
  return own !== null && (ip === null || ip.isUnspecified || own.equal(ip))
}

/**
 * Tries multipath TCP if that is asked for, then TCP, whatever the reason for which the first fails: systems
 * refuse it in several ways (too old, turned off, forbidden), as Go says.
 */
async function multipathFirst(
  spec: SocketSpec,
  laddr: TCPAddr | null,
  raddr: TCPAddr,
  options: DialOptions,
): Promise<FD> {
  try {
    return await dial({ ...spec, proto: IPPROTO_MPTCP }, laddr, raddr, options)
  } catch (e) {
    if (options.signal?.aborted) throw e
  }
  return await dial(spec, laddr, raddr, options)
}

function listenFD(s: SocketSpec, options: ListenOptions): FD {
  // Accepted connections inherit both options, which saves the calls at every accept.
  const configure = (fd: number): number =>
    sockopt.setNoDelay(fd, true) || sockopt.setKeepAliveOption(fd, options.keepAlive)
  if (options.multipathTCP === true) {
    // Failures are ignored: not every kernel that has multipath TCP accepts these options on it.
    const configureSome = (fd: number): number => Math.max(configure(fd), 0)
    try {
      return listenSocket({ ...s, proto: IPPROTO_MPTCP }, options, configureSome)
    } catch {
      // If plain TCP fails as well, its error is the one reported.
    }
  }
  return listenSocket(s, options, configure)
}

/**
 * Listens at once: binding never waits, so the address is there when it returns. Throws an {@link OpError}.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { listenTCPSync } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * console.log(listener.addr.port > 0) // true
 * await listener.close()
 * ```
 */
export function listenTCPSync(
  network: TCPNetwork,
  laddr: TCPAddr | null,
  options: ListenOptions = {},
): TCPListener {
  checkAddrs('a TCPAddr', laddr)
  try {
    return new PosixTCPListener(listenFD(spec(network, laddr, null, 'listen'), options))
  } catch (e) {
    throw new OpError('listen', network, null, laddr, e as Error)
  }
}

/** The connection over a socket that was dialled. */
function connection(fd: FD, { keepAlive }: DialOptions): TCPConn {
  sockopt.setNoDelay(fd.number, true)
  sockopt.setKeepAliveOption(fd.number, keepAlive)
  return new PosixTCPConn(fd)
}

function dialConn(
  network: TCPNetwork,
  laddr: TCPAddr | null,
  raddr: TCPAddr | null,
  options: DialOptions,
): TCPConn | Promise<TCPConn> {
  checkAddrs('a TCPAddr', laddr, raddr)
  let s: SocketSpec
  try {
    s = spec(network, laddr, raddr, 'dial')
    if (raddr === null) throw missingAddress()
  } catch (e) {
    throw new OpError('dial', network, laddr, raddr, e as Error)
  }
  const dialled = (options.multipathTCP === true ? multipathFirst : dial)(s, laddr, raddr, options)
  if (dialled instanceof FD) return connection(dialled, options)
  return dialled.then((fd) => connection(fd, options))
}

/** TCP over the kernel's sockets. */
export const tcpSockGroup: TCPSockGroup = {
  async dialTCP(network, laddr, raddr, options = {}) {
    const turn = turnTaken() // a loop of dials that need not wait would keep the event loop from its own
    if (turn !== null) await turn
    return dialConn(network, laddr, raddr, options)
  },

  async listenTCP(network, laddr, options) {
    return await Promise.resolve(listenTCPSync(network, laddr, options))
  },
}
