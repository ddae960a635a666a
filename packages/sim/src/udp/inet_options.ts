import type { IP } from '@net/addr'
import { checkGroup, memberAddress, type InterfaceName, type MulticastMembership } from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { textOf } from '../ip/address.ts'
import { callError, errno } from '../socket/errno.ts'
import type { Socket } from '../socket/socket.ts'
import type { Endpoint } from './endpoint.ts'
import type { Groups } from './membership.ts'

/** The options of a socket for datagrams over IP: multicast, and what a simulated host refuses. All throw the error of an option. */
export class InetOptions {
  readonly #socket: Socket
  readonly #endpoint: Endpoint
  readonly #groups: Groups

  /** Makes the options of a socket that is bound. */
  constructor(socket: Socket, endpoint: Endpoint, groups: Groups) {
    this.#socket = socket
    this.#endpoint = endpoint
    this.#groups = groups
  }

  /** Refuses: a simulated host has no control messages. */
  setControlMessages(): void {
    this.#socket.checkOpen()
    throw this.#socket.optionError(ErrUnsupported)
  }

  /** Refuses to turn it on: a simulated host keeps no errors. */
  setErrorQueue(on: boolean): void {
    this.#socket.checkOpen()
    if (on) throw this.#socket.optionError(ErrUnsupported)
  }

  bindToDevice(name: string): void {
    this.#socket.checkOpen()
    if (name !== '' && this.#groups.find(name, '') === null) throw this.#socket.optionError(errno('ENODEV'))
    this.#endpoint.device = name
  }

  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    checkGroup(group, source)
    this.#member('join', group, nameOf(iface), source)
  }

  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    checkGroup(group, source)
    this.#member('leave', group, nameOf(iface), source)
  }

  async joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    const addr = this.#address(ifAddr, 4)
    return this.#joined(this.#address(group, 4), addr.isUnspecified ? null : textOf(addr))
  }

  async joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return this.#joined(this.#address(group, 6), ifIndex === 0 ? null : ifIndex)
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.#socket.checkOpen()
    const name = iface === null ? '' : this.#groups.find(nameOf(iface), '')
    if (name === null) throw this.#socket.optionError(new Error('no such network interface'))
    this.#endpoint.groupIface = name
  }

  setMulticastLoopback(on: boolean): void {
    this.#socket.checkOpen()
    this.#endpoint.groupLoop = on
  }

  setMulticastTTL(ttl: number): void {
    this.#socket.checkOpen()
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) throw this.#callError('EINVAL')
    this.#endpoint.groupTTL = ttl
  }

  /** Sets the bytes that may wait to be read. */
  setReadBuffer(bytes: number): void {
    this.#socket.checkOpen()
    this.#endpoint.room = Math.max(2048, bytes)
  }

  #member(
    what: 'join' | 'leave',
    group: IP,
    iface: string | number | null,
    source: IP | null | undefined,
  ): void {
    this.#socket.checkOpen()
    if (!group.isMulticast) throw this.#callError('EINVAL')
    const from = source === null || source === undefined ? null : textOf(source)
    const error = this.#endpoint.memberships[what](textOf(group), iface, from)
    if (error !== null) throw this.#callError(error)
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

  #address(address: IP | string, version: 4 | 6): IP {
    try {
      return memberAddress(address, version)
    } catch (e) {
      throw this.#socket.optionError(e as Error)
    }
  }

  #callError(code: string): Error {
    return this.#socket.optionError(callError('setsockopt', code))
  }
}

function nameOf(iface: InterfaceName | undefined): string | number | null {
  if (iface === undefined || iface === null) return null
  return typeof iface === 'object' ? iface.name : iface
}
