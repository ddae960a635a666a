import type { IP } from '@net/addr'
import {
  OpError,
  type ControlOptions,
  type DatagramOptions,
  type InterfaceName,
  type MulticastMembership,
  checkGroup,
  isTypeError,
  memberAddress,
} from '@net/contract'
import { abi } from '../abi/system.ts'
import { switchErrorQueue } from '../wire/error_queue.ts'
import type { FD } from '../fd/fd.ts'
import {
  interfaceIndex,
  setIPv4Interface,
  setIPv4Membership,
  setIPv6Interface,
  setLoopback,
  setMembership,
  setMulticastTTL,
} from './multicast.ts'
import { switchControl } from '../wire/packet_info.ts'
import { check, descriptor } from '../fd/rawconn.ts'
import { bindToDevice } from '../option/sockopt_linux.ts'

/** What sockets of packets with an internet address have beside the packets. */
export class PacketOptions implements Omit<DatagramOptions, 'readErrors'> {
  readonly #fd: FD
  readonly #family: number
  /** Whether it is an IPv6 socket that has IPv4's options, too. */
  readonly #both: boolean

  /** Makes the options of a socket of AF_INET or AF_INET6. `raw` is true for a raw one, which keeps to its family. */
  constructor(fd: FD, family: number, raw: boolean) {
    this.#fd = fd
    this.#family = family
    this.#both = family === abi.AF_INET6 && !raw && abi.has.ipv4OptionsOnIPv6
  }

  setControlMessages(options: ControlOptions): void {
    this.set((fd) => switchControl(fd, this.#family, this.#both, options))
  }

  setErrorQueue(on: boolean): void {
    this.set((fd) => switchErrorQueue(fd, this.#family, this.#both, on))
  }

  bindToDevice(name: string): void {
    this.set((fd) => bindToDevice(fd, name))
  }

  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    checkGroup(group, source)
    this.set((fd) => setMembership(fd, true, group, interfaceIndex(iface), source ?? null))
  }

  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void {
    checkGroup(group, source)
    this.set((fd) => setMembership(fd, false, group, interfaceIndex(iface), source ?? null))
  }

  async joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership> {
    const to = this.#address(group, 4)
    const on = this.#address(ifAddr, 4)
    this.set((fd) => setIPv4Membership(fd, true, to, on))
    return this.#membership(abi.IPPROTO_IP, (fd) => setIPv4Membership(fd, false, to, on))
  }

  async joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership> {
    const to = this.#address(group, 6)
    const index = interfaceIndex(ifIndex)
    this.set((fd) => setMembership(fd, true, to, index, null))
    return this.#membership(abi.IPPROTO_IPV6, (fd) => setMembership(fd, false, to, index, null))
  }

  setMulticastInterface(iface: InterfaceName): void {
    this.#each(
      (fd) => setIPv4Interface(fd, interfaceIndex(iface)),
      (fd) => setIPv6Interface(fd, interfaceIndex(iface)),
    )
  }

  setMulticastLoopback(on: boolean): void {
    this.#each(
      (fd) => setLoopback(fd, abi.IPPROTO_IP, on),
      (fd) => setLoopback(fd, abi.IPPROTO_IPV6, on),
    )
  }

  setMulticastTTL(ttl: number): void {
    this.#each(
      (fd) => setMulticastTTL(fd, abi.IPPROTO_IP, ttl),
      (fd) => setMulticastTTL(fd, abi.IPPROTO_IPV6, ttl),
    )
  }

  /** Sets an option by a call that gives a negated error number when it fails. Throws an {@link OpError}. */
  set(call: (fd: number) => number): number {
    const fd = descriptor(this.#fd, 'set')
    let result: number
    try {
      result = call(fd)
    } catch (e) {
      throw isTypeError(e) ? e : this.#error(e as Error)
    }
    return check(this.#fd, 'set', 'setsockopt', result)
  }

  /** Sets an option of the socket's family, or of both where packets of both go through it. */
  #each(v4: (fd: number) => number, v6: (fd: number) => number): void {
    if (this.#family === abi.AF_INET) {
      this.set(v4)
      return
    }
    this.set(v6)
    if (this.#both) this.set(v4)
  }

  // What goes into struct ip_mreq is four bytes, also of an IPv4 address that is mapped.
  #address(address: IP | string, version: 4 | 6): IP {
    try {
      const ip = memberAddress(address, version)
      return ip.to4() ?? ip
    } catch (e) {
      throw this.#error(e as Error)
    }
  }

  #error(cause: Error): OpError {
    return new OpError('set', this.#fd.net, null, this.#fd.localAddr, cause)
  }

  #membership(level: number, leave: (fd: number) => number): MulticastMembership {
    // Each acts before it returns, so that a close right behind it comes too late to make it fail.
    const act = async (call: (fd: number) => number): Promise<void> => {
      await Promise.resolve(this.set(call))
    }
    return {
      leave: () => act(leave),
      setLoopback: (on) => act((fd) => setLoopback(fd, level, on)),
      setTTL: (ttl) => act((fd) => setMulticastTTL(fd, level, ttl)),
    }
  }
}
