import { TCPAddr } from '@net/addr'
import {
  checkNetwork,
  missingAddress,
  OpError,
  type DialOptions,
  type IOOptions,
  type KeepAliveConfig,
  type ListenOptions,
  type TCPConn,
  type TCPListener,
  type TCPNetwork,
  type TCPSockGroup,
} from '@net/contract'
import type { Lane } from '@net/io'
import { ErrUnsupported } from '@net/stubs'
import { ipOf, isAny } from '../ip/address.ts'
import { checkDial } from '../socket/dial.ts'
import { callError } from '../socket/errno.ts'
import { familyOf, localText, remoteText } from '../socket/family.ts'
import { Hold } from '../socket/hold.ts'
import { HostOp } from '../socket/host_op.ts'
import { SimListener } from '../socket/listener.ts'
import { Socket, type Register } from '../socket/socket.ts'
import { Backlog } from './backlog.ts'
import type { Connection } from './connection.ts'
import type { End } from './state.ts'
import type { Bound, TCP } from './tcp.ts'
import { SimTCPConn } from './tcpconn.ts'
import type { ConnectionUser } from './user.ts'

const BACKLOG = 4096 // connections that wait to be accepted (net.core.somaxconn)

type KeepAlive = KeepAliveConfig | boolean | undefined

function addrOf({ addr, port }: End): TCPAddr {
  return new TCPAddr(ipOf(addr), port)
}

function connOf(tcp: TCP, register: Register, net: string, c: Connection, keepAlive: KeepAlive): SimTCPConn {
  const socket = new Socket(tcp.time, register, net, addrOf(c.local), addrOf(c.remote))
  const conn = new SimTCPConn(socket, c, tcp.time, tcp.settings.writeBuffer)
  c.keepAlive.configure(typeof keepAlive === 'object' ? keepAlive : { enable: keepAlive !== false })
  return conn
}

/** Waits for a connection to become established. */
class ConnectOp extends HostOp<void> implements ConnectionUser {
  readonly #c: Connection
  readonly #lane: Lane

  constructor(c: Connection, lane: Lane) {
    super('dial')
    this.#c = c
    this.#lane = lane
    c.user = this
  }

  override attempt(): boolean {
    const error = this.#c.takeError()
    if (error !== null) return this.fail(callError('connect', error))
    const { state } = this.#c
    return state !== 'SYN-SENT' && state !== 'SYN-RECEIVED' && this.done()
  }

  onOpened(): void {
    this.#lane.wake()
  }
}

/** A TCP listener of a simulated host. */
class SimTCPListener extends SimListener<TCPConn, TCPAddr> implements TCPListener {
  readonly #tcp: TCP
  readonly #bound: Bound
  readonly #backlog: Backlog
  readonly #make: (c: Connection) => TCPConn

  constructor(socket: Socket, tcp: TCP, bound: Bound, backlog: Backlog, make: (c: Connection) => TCPConn) {
    super(socket)
    this.#tcp = tcp
    this.#bound = bound
    this.#backlog = backlog
    this.#make = make
  }

  acceptTCP(options?: IOOptions): Promise<TCPConn> {
    return this.accept(options)
  }

  /** There is a connection. */
  ready(): void {
    this.accepting.wake()
  }

  protected next(): TCPConn | null {
    const c = this.#backlog.next()
    if (c === null) return null
    this.#tcp.accepted(c)
    return this.#make(c)
  }

  protected release(): void {
    this.#tcp.unlisten(this.#bound)
  }
}

/** TCP of a simulated host. */
export function tcpSockGroup(tcp: TCP, register: Register): TCPSockGroup {
  return {
    async dialTCP(network, laddr, raddr, options = {}) {
      options.signal?.throwIfAborted()
      tcp.time.touch()
      try {
        const c = begin(tcp, network, laddr, raddr, options)
        const hold = new Hold(tcp.time, network, laddr, raddr)
        const lane = hold.lane()
        register.add(hold)
        lane.setDeadline(options.deadline ?? null)
        try {
          await lane.run(new ConnectOp(c, lane), options)
        } catch (e) {
          c.abandon(true)
          throw e
        } finally {
          lane.close()
          register.delete(hold)
        }
        return connOf(tcp, register, network, c, options.keepAlive)
      } catch (e) {
        if (e instanceof OpError || options.signal?.aborted === true) throw e
        throw new OpError('dial', network, laddr, raddr, e as Error)
      }
    },

    async listenTCP(network, laddr, options = {}) {
      try {
        return listen(tcp, register, network, laddr, options)
      } catch (e) {
        throw new OpError('listen', network, null, laddr, e as Error)
      }
    },
  }
}

function begin(
  tcp: TCP,
  network: TCPNetwork,
  laddr: TCPAddr | null,
  raddr: TCPAddr | null,
  options: DialOptions,
): Connection {
  checkNetwork(network, 'tcp')
  if (raddr === null) throw missingAddress()
  if (options.control !== undefined) throw ErrUnsupported
  checkDial(options)
  const family = familyOf(network, laddr, raddr, 'dial')
  const own = localText(family, laddr)
  const local = { addr: isAny(own) ? null : own, port: laddr?.port ?? 0 }
  const c = tcp.connect(local, { addr: remoteText(family, raddr), port: raddr.port })
  if (typeof c === 'string') throw callError(c.startsWith('EADDR') ? 'bind' : 'connect', c)
  return c
}

function listen(
  tcp: TCP,
  register: Register,
  network: TCPNetwork,
  laddr: TCPAddr | null,
  options: ListenOptions,
): TCPListener {
  checkNetwork(network, 'tcp')
  if (options.control !== undefined) throw ErrUnsupported
  const family = familyOf(network, laddr, null, 'listen')
  const addr = localText(family, laddr)
  const { dual } = family
  const share = options.reusePort === true
  const backlog = new Backlog(options.backlog ?? BACKLOG, () => {
    listener.ready()
  })
  const port = tcp.bind({ addr, port: laddr?.port ?? 0, dual, share })
  if (typeof port === 'string') throw callError('bind', port)
  const bound: Bound = { addr, port, dual, share, backlog }
  tcp.ports.add(bound)
  const socket = new Socket(tcp.time, register, network, null, addrOf(bound))
  const make = (c: Connection): TCPConn => connOf(tcp, register, network, c, options.keepAlive)
  const listener = new SimTCPListener(socket, tcp, bound, backlog, make)
  return listener
}
