import type { Addr, HardwareAddr } from '@net/addr'

/** The interface is up. */
export const FlagUp = 1
/** The interface can broadcast. */
export const FlagBroadcast = 2
/** The interface loops back. */
export const FlagLoopback = 4
/** The interface is one end of a point-to-point link. */
export const FlagPointToPoint = 8
/** The interface can multicast. */
export const FlagMulticast = 16
/** The interface is in running state. */
export const FlagRunning = 32

const flagNames = ['up', 'broadcast', 'loopback', 'pointtopoint', 'multicast', 'running']

/**
 * The flags of an interface: a set of the Flag constants.
 *
 * @example
 * ```ts
 * import { FlagLoopback, Flags, FlagUp } from '@net/contract'
 *
 * const flags = new Flags(FlagUp | FlagLoopback)
 * console.log(flags.toString()) // up|loopback
 * ```
 */
export class Flags {
  /** The bits. */
  readonly value: number

  /** Makes a set of the given bits. */
  constructor(value: number) {
    this.value = value
  }

  /** Whether all the given bits are set. Of none it is true. */
  has(flag: number): boolean {
    return (this.value & flag) === flag
  }

  /** The names of the flags joined by '|', or '0' for none. */
  toString(): string {
    return flagNames.filter((_, i) => this.value & (1 << i)).join('|') || '0'
  }
}

/**
 * A network interface.
 *
 * @example
 * ```ts
 * import { FlagLoopback } from '@net/contract'
 * import { interfaces } from '@net/core'
 *
 * for (const i of await interfaces()) {
 *   const addrs = await i.addrs()
 *   if (i.flags.has(FlagLoopback)) console.log(addrs.some((addr) => addr.toString() === '127.0.0.1/8')) // true
 * }
 * ```
 */
export interface Interface {
  /** Its number, starting at 1. */
  readonly index: number
  /** The largest packet it sends, in bytes; -1 on windows when there is no limit. */
  readonly mtu: number
  /** Its name: 'lo', 'eth0', 'en0'. */
  readonly name: string
  /** Its link-layer address, or null when it has none. */
  readonly hardwareAddr: HardwareAddr | null
  /** Its state and abilities. */
  readonly flags: Flags
  /**
   * Its unicast addresses. They are IPNets. Rejects with an {@link OpError} of op 'route'; of an interface
   * that is gone linux tells none.
   */
  addrs(): Promise<Addr[]>
  /**
   * The multicast groups it has joined. They are IPAddrs; plan9 tells none. Rejects with an {@link OpError} of
   * op 'route'.
   */
  multicastAddrs(): Promise<Addr[]>
}

/**
 * The interfaces of a target. Each method rejects with an {@link OpError} of op 'route' and net 'ip+net'; over the
 * host's own sockets always, unless the system is Windows: EWINDOWS.
 */
export interface InterfaceGroup {
  /** All interfaces. Rejects with an {@link OpError} of op 'route'. */
  interfaces(): Promise<Interface[]>
  /** The unicast addresses of all interfaces. Rejects with an {@link OpError} of op 'route'. */
  interfaceAddrs(): Promise<Addr[]>
  /**
   * The interface with this number. Rejects with an {@link OpError} of op 'route': "invalid network interface
   * index" below 1, "no such network interface".
   */
  interfaceByIndex(index: number): Promise<Interface>
  /**
   * The interface with this name. Rejects with an {@link OpError} of op 'route': "invalid network interface
   * name" for '', "no such network interface"; with a TypeError for what is no string.
   */
  interfaceByName(name: string): Promise<Interface>
}
