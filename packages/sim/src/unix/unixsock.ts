import { UnixAddr, UnknownNetworkError } from '@net/addr'
import {
  missingAddress,
  OpError,
  type DialOptions,
  type IOOptions,
  type ListenOptions,
  type UnixConn,
  type UnixListener,
  type UnixNetwork,
  type UnixSockGroup,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import type { Time } from '../clock/time.ts'
import { checkDial } from '../socket/dial.ts'
import { callError } from '../socket/errno.ts'
import { SimListener } from '../socket/listener.ts'
import { Socket, type Register } from '../socket/socket.ts'
import { Channel } from './channel.ts'
import type { Call, Named, UnixNames } from './unix_names.ts'
import { SimUnixConn, type Bound } from './unixconn.ts'

const BACKLOG = 4096 // connections that wait to be accepted (net.core.somaxconn)

/** A listener for Unix streams or sequenced packets of a simulated host. */
class SimUnixListener extends SimListener<UnixConn, UnixAddr> implements UnixListener {
  readonly #names: UnixNames
  readonly #named: Named
  readonly #make: (call: Call) => UnixConn
  readonly #calls: Call[] = []
  #unlink = true

  constructor(socket: Socket, names: UnixNames, named: Named, make: (call: Call) => UnixConn) {
    super(socket)
    this.#names = names
    this.#named = named
    this.#make = make
  }

  acceptUnix(options?: IOOptions): Promise<UnixConn> {
    return this.accept(options)
  }

  setUnlinkOnClose(on: boolean): void {
    this.#unlink = on
  }

  /** Somebody calls. Gives false when there is no room. */
  called(call: Call, backlog: number): boolean {
    if (this.#calls.length >= backlog) return false
    this.#calls.push(call)
    this.accepting.wake()
    return true
  }

  protected next(): UnixConn | null {
    const call = this.#calls.shift()
    return call === undefined ? null : this.#make(call)
  }

  protected release(): void {
    this.#names.release(this.addr.name, this.#named, this.#unlink)
    for (const { toListener, toCaller } of this.#calls.splice(0)) {
      toListener.break()
      toCaller.fail('ECONNRESET')
      toCaller.end()
    }
  }
}

/** Unix sockets of a simulated host. */
export function unixSockGroup(time: Time, names: UnixNames, register: Register): UnixSockGroup {
  return {
    async dialUnix(network, laddr, raddr, options = {}) {
      options.signal?.throwIfAborted()
      try {
        return dial(network, laddr, raddr, options)
      } catch (e) {
        throw new OpError('dial', network, laddr, raddr, e as Error)
      }
    },

    async listenUnix(network, laddr, options = {}) {
      try {
        return listen(network, laddr, options)
      } catch (e) {
        throw new OpError('listen', network, null, laddr, e as Error)
      }
    },

    async listenUnixgram(network, laddr, options = {}) {
      try {
        if ((network as string) !== 'unixgram') throw new UnknownNetworkError(network)
        if (laddr === null) throw missingAddress()
        if (options.control !== undefined) throw ErrUnsupported
        return datagrams(laddr, null)
      } catch (e) {
        throw new OpError('listen', network, null, laddr, e as Error)
      }
    },
  }

  function dial(
    network: UnixNetwork,
    laddr: UnixAddr | null,
    raddr: UnixAddr | null,
    options: DialOptions,
  ): UnixConn {
    checkNetwork(network)
    if (options.control !== undefined) throw ErrUnsupported
    checkDial(options)
    if (network === 'unixgram' && (raddr !== null || laddr !== null)) return datagrams(laddr, raddr)
    if (raddr === null) throw missingAddress()
    const named = names.get(raddr.name)
    if (named === undefined) throw callError('connect', 'ENOENT')
    if (named === null) throw callError('connect', 'ECONNREFUSED')
    if (named.call === null || named.net !== network) throw callError('connect', 'EPROTOTYPE')
    const [incoming, outgoing] = [new Channel(time), new Channel(time)]
    const own = bound(laddr, network, null)
    const local = own?.addr ?? new UnixAddr('', network)
    if (!named.call({ toListener: outgoing, toCaller: incoming, from: local })) {
      if (own !== null) names.release(own.addr.name, own.named, true)
      throw callError('connect', 'ECONNREFUSED')
    }
    const socket = new Socket(time, register, network, local, raddr)
    return new SimUnixConn(socket, { net: network, incoming, outgoing, names, bound: own })
  }

  function listen(network: UnixNetwork, laddr: UnixAddr | null, options: ListenOptions): UnixListener {
    checkNetwork(network)
    if (network === 'unixgram') throw new UnknownNetworkError(network)
    if (laddr === null) throw missingAddress()
    if (options.control !== undefined) throw ErrUnsupported
    const { backlog = BACKLOG } = options
    const name = laddr.name === '' ? names.choose() : laddr.name
    const addr = new UnixAddr(name, network)
    const call = (c: Call): boolean => listener.called(c, backlog)
    const named: Named = { net: network, inbox: null, call }
    if (!names.bind(name, named)) throw callError('bind', 'EADDRINUSE')
    const bound = new Socket(time, register, network, null, addr)
    const listener = new SimUnixListener(bound, names, named, (c) => {
      const socket = new Socket(time, register, network, addr, c.from)
      const { toListener: incoming, toCaller: outgoing } = c
      return new SimUnixConn(socket, { net: network, incoming, outgoing, names, bound: null })
    })
    return listener
  }

  function datagrams(laddr: UnixAddr | null, raddr: UnixAddr | null): UnixConn {
    const incoming = new Channel(time)
    let outgoing: Channel | null = null
    if (raddr !== null) {
      const named = names.get(raddr.name)
      if (named === undefined) throw callError('connect', 'ENOENT')
      if (named === null) throw callError('connect', 'ECONNREFUSED')
      if (named.inbox === null) throw callError('connect', 'EPROTOTYPE')
      outgoing = named.inbox
    }
    const own = bound(laddr, 'unixgram', incoming)
    const local = own?.addr ?? new UnixAddr('', 'unixgram')
    const socket = new Socket(time, register, 'unixgram', local, raddr)
    return new SimUnixConn(socket, { net: 'unixgram', incoming, outgoing, names, bound: own })
  }

  // Binds an end to its name; null is none.
  function bound(laddr: UnixAddr | null, net: UnixNetwork, inbox: Channel | null): Bound | null {
    if (laddr === null) return null
    const name = laddr.name === '' ? names.choose() : laddr.name
    const named: Named = { net, inbox, call: null }
    if (!names.bind(name, named)) throw callError('bind', 'EADDRINUSE')
    return { addr: new UnixAddr(name, net), named }
  }
}

function checkNetwork(network: string): void {
  if (network !== 'unix' && network !== 'unixgram' && network !== 'unixpacket')
    throw new UnknownNetworkError(network)
}
