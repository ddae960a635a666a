import { networkInterfaces } from 'node:os'
import { AddrError, type IP } from '@net/addr'
import { checkGroup, memberAddress, type InterfaceName, type MulticastMembership } from '@net/contract'
import type { DatagramHandle, DatagramSocket } from './datagram.ts'

/**
 * The name of an interface; null for the system's choice. The host knows numbers only of interfaces with a
 * link-local address.
 */
function nameOf(iface: InterfaceName | undefined): string | null {
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
function hostInterface(version: 4 | 6, iface: InterfaceName): string | undefined {
  const name = nameOf(iface)
  if (name === null) return undefined
  if (version === 6) return `::%${name}`
  const addr = networkInterfaces()[name]?.find((a) => a.family === 'IPv4')
  if (addr === undefined) throw new AddrError('no IPv4 address on network interface', name)
  return addr.address
}

/** The multicast of a datagram socket of the host. All of it throws the error of an option. */
export class HostedMulticast {
  readonly #handle: DatagramHandle
  readonly #version: 4 | 6

  /** Makes the multicast of a socket of an IP version. */
  constructor(handle: DatagramHandle, version: 4 | 6) {
    this.#handle = handle
    this.#version = version
  }

  joinGroup(group: IP, iface: InterfaceName = null, source: IP | null = null): void {
    checkGroup(group, source)
    this.#membership('add', group, iface, source)
  }

  leaveGroup(group: IP, iface: InterfaceName = null, source: IP | null = null): void {
    checkGroup(group, source)
    this.#membership('drop', group, iface, source)
  }

  async joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    return await this.#join(4, group, () => memberAddress(ifAddr, 4).toString())
  }

  async joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    return await this.#join(6, group, () => hostInterface(6, ifIndex))
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.#handle.set((socket) => {
      const every = this.#version === 4 ? '0.0.0.0' : '::'
      socket.setMulticastInterface(hostInterface(this.#version, iface) ?? every)
    })
  }

  setMulticastLoopback(on: boolean): void {
    this.#handle.set((socket) => socket.setMulticastLoopback(on))
  }

  setMulticastTTL(ttl: number): void {
    this.#handle.set((socket) => socket.setMulticastTTL(ttl))
  }

  #membership(what: 'add' | 'drop', group: IP, iface: InterfaceName, source: IP | null): void {
    this.#handle.set((socket) => {
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
    const change = (what: 'addMembership' | 'dropMembership') => (socket: DatagramSocket) => {
      socket[what](memberAddress(group, version).toString(), iface())
    }
    // Each acts before it returns, so that a close right behind it comes too late to make it fail.
    const act = async (f: (socket: DatagramSocket) => void): Promise<void> => {
      await Promise.resolve(this.#handle.set(f))
    }
    await act(change('addMembership'))
    return {
      leave: () => act(change('dropMembership')),
      setLoopback: (on) => act((socket) => socket.setMulticastLoopback(on)),
      setTTL: (ttl) => act((socket) => socket.setMulticastTTL(ttl)),
    }
  }
}
