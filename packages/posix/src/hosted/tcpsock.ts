import type { NetConnectOpts, Server, Socket } from 'node:net'
import { TCPAddr } from '@net/addr'
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
import { copyingSendfileGroup } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { HostedStreamConn } from './conn.ts'
import { writeThroughPipe } from './deno.ts'
import { dialSocket } from './dial.ts'
import { callError } from './errors.ts'
import { hostAddress, parseHostAddress, socketFamily } from './ipsock.ts'
import { BACKLOG, HostedListener, ListenHandle, listenServer } from './listener.ts'
import { refuseReusePort } from './host_features.ts'
import { READ_AHEAD, StreamHandle } from './stream.ts'

const IDLE = 15_000 // milliseconds

/**
 * The idle time of keep-alive in milliseconds, the one number that the host can set. Throws {@link
 * ErrWindows} for an interval or a count.
 */
function keepAliveIdle({ idle = 0, interval = 0, count = 0 }: KeepAliveConfig): number {
  if (interval > 0 || count > 0) throw ErrWindows
  // The host sets any idle time but 0, in whole seconds; 0 leaves the system's value.
  return idle === 0 ? IDLE : Math.max(Math.ceil(idle / 1000) * 1000, 0)
}

function keepAliveOptions(option: KeepAliveConfig | boolean | undefined): {
  keepAlive: boolean
  keepAliveInitialDelay: number
} {
  const config = typeof option === 'object' ? option : { enable: option !== false }
  return { keepAlive: config.enable, keepAliveInitialDelay: keepAliveIdle(config) }
}

function tcpAddr(address: string | undefined, port: number | undefined): TCPAddr {
  const { ip, zone } = parseHostAddress(address)
  return new TCPAddr(ip, port ?? 0, zone)
}

/** A TCP connection over a socket of the host. */
class HostedTCPConn extends HostedStreamConn<TCPAddr> implements TCPConn {
  readonly #socket: Socket
  #idle = IDLE

  /**
   * Takes over a connected socket. `raddr` stands for a peer whose address the host does not tell any more.
   */
  constructor(socket: Socket, net: string, raddr: TCPAddr | null) {
    const local = tcpAddr(socket.localAddress, socket.localPort)
    const { remoteAddress, remotePort } = socket
    const remote = remoteAddress === undefined && raddr !== null ? raddr : tcpAddr(remoteAddress, remotePort)
    super(new StreamHandle(socket, net, local, remote))
    writeThroughPipe(socket, raddr === null ? 'accepted' : 'dialled')
    this.#socket = socket
  }

  /** Copies: the host sends no files. Writes made meanwhile go between its own. */
  sendFile(source: FileSource, options?: SendFileOptions): Promise<number> {
    return copyingSendfileGroup.sendFile(this, source, options)
  }

  /** False: the host has no multipath TCP. */
  multipathTCP(): boolean {
    return false
  }

  setLinger(seconds: number): void {
    this.handle.checkOpen()
    if (seconds > 0) this.handle.refuse()
    this.handle.setResets(seconds === 0)
  }

  setNoDelay(on = true): void {
    this.handle.checkOpen()
    this.#socket.setNoDelay(on)
  }

  setKeepAlive(on = true): void {
    this.handle.checkOpen()
    this.#socket.setKeepAlive(on, this.#idle)
  }

  setKeepAliveConfig(config: KeepAliveConfig): void {
    this.handle.checkOpen()
    try {
      this.#idle = keepAliveIdle(config)
    } catch (cause) {
      throw this.handle.optionError(cause as Error)
    }
    this.#socket.setKeepAlive(config.enable, this.#idle)
  }
}

/** A TCP listener over a socket of the host. */
class HostedTCPListener extends HostedListener<TCPConn, TCPAddr> implements TCPListener {
  /** Takes over a listening socket. */
  constructor(server: Server, net: string) {
    const addr = server.address()
    const known =
      addr !== null && typeof addr === 'object' ? tcpAddr(addr.address, addr.port) : tcpAddr('', 0)
    super(new ListenHandle(server, net, known))
  }

  acceptTCP(options?: IOOptions): Promise<TCPConn> {
    return this.accept(options)
  }

  protected connection(socket: Socket): TCPConn {
    return new HostedTCPConn(socket, this.handle.net, null)
  }
}

function checkListenOptions(options: ListenOptions): void {
  // The host always sets SO_REUSEADDR on Unix and never on Windows, so it cannot be told to leave it out.
  if (options.control !== undefined || options.reuseAddress === false) throw ErrWindows
  refuseReusePort(options.reusePort)
}

/** The options of the host's connect. Throws bare errors. */
function connecting(
  network: TCPNetwork,
  laddr: TCPAddr | null,
  raddr: TCPAddr | null,
  options: DialOptions,
): NetConnectOpts {
  checkNetwork(network, 'tcp')
  if (raddr === null) throw missingAddress()
  if (options.control !== undefined) throw ErrWindows
  const { version, v6only } = socketFamily(network, laddr, raddr, 'dial')
  // The host cannot keep a socket to IPv6 when it dials, where the kernel then finds no way to IPv4.
  const four = (raddr.ip?.to4() ?? null) !== null && raddr.ip?.isUnspecified === false
  if (v6only && four) throw callError('connect', 'ENETUNREACH')
  return {
    host: hostAddress(version, raddr, false),
    port: raddr.port,
    ...(laddr === null ? {} : { localAddress: hostAddress(version, laddr, true), localPort: laddr.port }),
    allowHalfOpen: true,
    highWaterMark: READ_AHEAD,
    noDelay: true,
    ...keepAliveOptions(options.keepAlive),
  } as NetConnectOpts
}

// A connect from a port of the system's choice may meet itself: both ends open at once (Go issue 2690).
function isSelfConnected(c: TCPConn): boolean {
  const { localAddr, remoteAddr } = c
  if (localAddr.port !== remoteAddr.port || localAddr.ip === null || remoteAddr.ip === null) return false
  return localAddr.ip.equal(remoteAddr.ip)
}

/** TCP over the host's sockets. */
export const hostedTCPSockGroup: TCPSockGroup = {
  async dialTCP(network, laddr, raddr, options = {}) {
    checkAddrs('a TCPAddr', laddr, raddr)
    const error = (cause: Error): OpError => new OpError('dial', network, laddr, raddr, cause)
    let how: NetConnectOpts
    try {
      how = connecting(network, laddr, raddr, options)
    } catch (e) {
      throw error(e as Error)
    }
    for (let again = 0; ; again++) {
      const c = new HostedTCPConn(await dialSocket(how, error, options), network, raddr)
      const chosen = laddr !== null && laddr.port !== 0
      if (again === 2 || chosen || !isSelfConnected(c)) return c
      await c.close()
    }
  },

  async listenTCP(network, laddr, options = {}) {
    checkAddrs('a TCPAddr', laddr)
    try {
      checkNetwork(network, 'tcp')
      checkListenOptions(options)
      const { version, v6only } = socketFamily(network, laddr, null, 'listen')
      const server = await listenServer(
        {
          host: hostAddress(version, laddr, true),
          port: laddr?.port ?? 0,
          ipv6Only: v6only,
          backlog: options.backlog ?? BACKLOG,
          ...(options.reusePort === true ? { reusePort: true } : {}),
        },
        { noDelay: true, ...keepAliveOptions(options.keepAlive) },
      )
      return new HostedTCPListener(server, network)
    } catch (e) {
      throw new OpError('listen', network, null, laddr, e as Error)
    }
  },
}
