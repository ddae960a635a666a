import { parseIP, type Addr, type IP } from '@net/addr'
import type {
  ControlOptions,
  DatagramOptions,
  Interface,
  MulticastMembership,
  QueuedError,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { textOf } from '../ip/address.ts'
import type { Register } from '../socket/conn.ts'
import { DatagramConn } from '../socket/datagram_conn.ts'
import { errno, callError } from '../socket/errno.ts'
import type { Hold } from '../socket/hold.ts'
import type { Endpoint } from './endpoint.ts'
import type { Groups } from './membership.ts'

type Iface = Interface | string | number | null | undefined

/** A socket for datagrams over IP: multicast, and what a simulated host refuses. */
export abstract class InetDatagram<A extends Addr> extends DatagramConn<A> implements DatagramOptions {
  /** What it is bound to. */
  protected readonly endpoint: Endpoint
  readonly #groups: Groups

  /** Takes over what is bound. */
  constructor(hold: Hold, register: Register, endpoint: Endpoint, groups: Groups) {
    super(hold, register)
    this.endpoint = endpoint
    this.#groups = groups
    endpoint.onReady = () => {
      this.reading.wake()
    }
  }

  protected get isConnected(): boolean {
    return this.endpoint.peer !== null
  }

  /** Throws: a simulated host has no control messages. */
  setControlMessages(_options: ControlOptions): void {
    this.checkOpen()
    throw this.setError(ErrUnsupported)
  }

  /** Throws when it is to be turned on: a simulated host keeps no errors. */
  setErrorQueue(on: boolean): void {
    this.checkOpen()
    if (on) throw this.setError(ErrUnsupported)
  }

  /** Gives none: a simulated host keeps no errors. */
  readErrors(): QueuedError[] {
    this.checkOpen('get')
    return []
  }

  bindToDevice(name: string): void {
    this.checkOpen()
    if (name !== '' && this.#groups.find(name, '') === null) throw this.setError(errno('ENODEV'))
    this.endpoint.device = name
  }

  joinGroup(group: IP, iface?: Iface, source?: IP | null): void {
    this.#member('join', group, iface, source)
  }

  leaveGroup(group: IP, iface?: Iface, source?: IP | null): void {
    this.#member('leave', group, iface, source)
  }

  async joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    const addr = this.#ip(ifAddr)
    const iface = addr.isUnspecified ? null : textOf(addr)
    return this.#joined(this.#ip(group), iface)
  }

  async joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return this.#joined(this.#ip(group), ifIndex === 0 ? null : ifIndex)
  }

  setMulticastInterface(iface: Iface): void {
    this.checkOpen()
    this.endpoint.groupIface = iface === null || iface === undefined ? '' : this.#found(nameOf(iface))
  }

  setMulticastLoopback(on: boolean): void {
    this.checkOpen()
    this.endpoint.groupLoop = on
  }

  setMulticastTTL(ttl: number): void {
    this.checkOpen()
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) throw this.setError(callError('setsockopt', 'EINVAL'))
    this.endpoint.groupTTL = ttl
  }

  /** Sets the bytes that may wait to be read. */
  setReadBuffer(bytes: number): void {
    this.checkOpen()
    this.endpoint.room = Math.max(2048, bytes)
  }

  /** Does nothing but check: what is sent waits in no buffer. */
  setWriteBuffer(_bytes: number): void {
    this.checkOpen()
  }

  #member(what: 'join' | 'leave', group: IP, iface: Iface, source: IP | null | undefined): void {
    this.checkOpen()
    if (!group.isMulticast) throw this.setError(callError('setsockopt', 'EINVAL'))
    const from = source === null || source === undefined ? null : textOf(source)
    const error = this.endpoint.memberships[what](textOf(group), nameOf(iface), from)
    if (error !== null) throw this.setError(callError('setsockopt', error))
  }

  #joined(group: IP, iface: string | number | null): MulticastMembership {
    this.joinGroup(group, iface)
    return {
      leave: async () => {
        this.leaveGroup(group, iface)
      },
      setLoopback: async (on) => {
        this.setMulticastLoopback(on)
      },
      setTTL: async (ttl) => {
        this.setMulticastTTL(ttl)
      },
    }
  }

  #found(iface: string | number | null): string {
    const name = this.#groups.find(iface, '')
    if (name === null) throw this.setError(new Error('no such network interface'))
    return name
  }

  #ip(text: IP | string): IP {
    const ip = typeof text === 'string' ? parseIP(text) : text
    if (ip === null) throw this.setError(callError('setsockopt', 'EINVAL'))
    return ip
  }
}

function nameOf(iface: Iface): string | number | null {
  if (iface === undefined || iface === null) return null
  return typeof iface === 'object' ? iface.name : iface
}
