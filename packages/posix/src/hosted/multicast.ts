import type { Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { AddrError, IP, parseIP, type UDPAddr } from '@net/addr'
import {
  ErrClosed,
  OpError,
  type File,
  type RawConn,
  type ControlOptions,
  type DatagramOptions,
  type Interface,
  type MulticastMembership,
  type QueuedError,
} from '@net/contract'
import { LaneConn, type Lanes } from '@net/io'
import type { DatagramHandle } from './datagram.ts'
import { hostError, refusal } from './errors.ts'

type Name = Interface | string | number | null | undefined

/**
 * The name of an interface; null for the system's choice. The host knows numbers only of interfaces with a
 * link-local address.
 */
function nameOf(iface: Name): string | null {
  if (iface === null || iface === undefined || iface === 0) return null
  const all = networkInterfaces()
  if (typeof iface !== 'number') {
    const name = typeof iface === 'string' ? iface : iface.name
    if (name in all) return name
  }
  for (const [name, addrs] of Object.entries(all)) {
    if (addrs?.some((a) => a.family === 'IPv6' && a.scopeid === iface)) return name
  }
  throw new Error('no such network interface')
}

/** An interface in the host's words for a group of an IP version; undefined for the system's choice. */
function hostInterface(version: 4 | 6, iface: Name): string | undefined {
  const name = nameOf(iface)
  if (name === null) return undefined
  if (version === 6) return `::%${name}`
  const addr = networkInterfaces()[name]?.find((a) => a.family === 'IPv4')
  if (addr === undefined) throw new AddrError('no IPv4 address on network interface', name)
  return addr.address
}

function ipOf(address: IP | string, version: 4 | 6): IP {
  const ip = typeof address === 'string' ? parseIP(address) : address
  if (ip === null) throw new AddrError('invalid IP address', String(address))
  if ((ip.to4() !== null) !== (version === 4)) throw new AddrError(`non-IPv${version} address`, ip.toString())
  return ip
}

function checkGroup(group: unknown, source: unknown): void {
  if (!(group instanceof IP)) throw new TypeError('the group is not an IP')
  if (source !== null && source !== undefined && !(source instanceof IP)) {
    throw new TypeError('the source is not an IP')
  }
}

/**
 * A datagram socket of the host, and the options it has: multicast it can do, control messages and the error
 * queue it cannot.
 */
export abstract class HostedPacketConn extends LaneConn implements DatagramOptions {
  /** The host's socket. */
  protected readonly handle: DatagramHandle
  /** The IP version of the socket. */
  protected readonly version: 4 | 6

  /** Takes over a bound or connected socket. */
  protected constructor(handle: DatagramHandle, version: 4 | 6) {
    super()
    this.handle = handle
    this.version = version
  }

  protected get lanes(): Lanes {
    return this.handle
  }

  get localAddr(): UDPAddr {
    return this.handle.localAddr as UDPAddr
  }

  get remoteAddr(): UDPAddr {
    return this.handle.remoteAddr as UDPAddr
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  file(): Promise<File> {
    return Promise.reject(refusal('file', this.handle.net, this.localAddr, this.remoteAddr))
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  syscallConn(): RawConn {
    return this.refuse('raw-control')
  }

  ref(): void {
    this.handle.ref()
  }

  unref(): void {
    this.handle.unref()
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  /** Throws the error of an option that the host does not have. */
  protected refuse(op = 'set'): never {
    throw refusal(op, this.handle.net, null, this.handle.localAddr)
  }

  /** Throws the error of an option of a closed socket. */
  protected checkOpen(): void {
    if (this.handle.isClosed)
      throw new OpError('set', this.handle.net, null, this.handle.localAddr, ErrClosed)
  }

  /** Refuses: the host does not give control messages. */
  setControlMessages(_options: ControlOptions): void {
    this.checkOpen()
    this.refuse()
  }

  /** Refuses: the host has no error queue. */
  setErrorQueue(_on: boolean): void {
    this.checkOpen()
    this.refuse()
  }

  /** Refuses: the host has no error queue. */
  readErrors(): QueuedError[] {
    this.checkOpen()
    return this.refuse('get')
  }

  /** Refuses: the host has no such option. */
  bindToDevice(_name: string): void {
    this.checkOpen()
    this.refuse()
  }

  joinGroup(group: IP, iface?: Name, source?: IP | null): void {
    checkGroup(group, source)
    this.#membership('add', group, iface, source ?? null)
  }

  leaveGroup(group: IP, iface?: Name, source?: IP | null): void {
    checkGroup(group, source)
    this.#membership('drop', group, iface, source ?? null)
  }

  async joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    return await this.#join(4, group, () => ipOf(ifAddr, 4).toString())
  }

  async joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return await this.#join(6, group, () => hostInterface(6, ifIndex))
  }

  setMulticastInterface(iface: Name): void {
    this.#set((socket) => {
      const every = this.version === 4 ? '0.0.0.0' : '::'
      socket.setMulticastInterface(hostInterface(this.version, iface) ?? every)
    })
  }

  setMulticastLoopback(on: boolean): void {
    this.#set((socket) => socket.setMulticastLoopback(on))
  }

  setMulticastTTL(ttl: number): void {
    this.#set((socket) => socket.setMulticastTTL(ttl))
  }

  #membership(what: 'add' | 'drop', group: IP, iface: Name, source: IP | null): void {
    this.#set((socket) => {
      const on = hostInterface(group.to4() === null ? 6 : 4, iface)
      const to = group.toString()
      if (source === null) {
        if (what === 'add') socket.addMembership(to, on)
        else socket.dropMembership(to, on)
      } else if (what === 'add') socket.addSourceSpecificMembership(source.toString(), to, on)
      else socket.dropSourceSpecificMembership(source.toString(), to, on)
    })
  }

  async #join(
    version: 4 | 6,
    group: IP | string,
    iface: () => string | undefined,
  ): Promise<MulticastMembership> {
    const change = (what: 'addMembership' | 'dropMembership') => (socket: Socket) => {
      socket[what](ipOf(group, version).toString(), iface())
    }
    // Each acts before it returns, so that a close right behind it comes too late to make it fail.
    const act = async (f: (socket: Socket) => void): Promise<void> => {
      await Promise.resolve(this.#set(f))
    }
    await act(change('addMembership'))
    return {
      leave: () => act(change('dropMembership')),
      setLoopback: (on) => act((socket) => socket.setMulticastLoopback(on)),
      setTTL: (ttl) => act((socket) => socket.setMulticastTTL(ttl)),
    }
  }

  #set(option: (socket: Socket) => void): void {
    this.checkOpen()
    try {
      this.handle.set(option)
    } catch (e) {
      throw new OpError('set', this.handle.net, null, this.localAddr, hostError(e, 'setsockopt'))
    }
  }
}
