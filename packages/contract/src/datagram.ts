import type { Addr, IP } from '@net/addr'
import type { Errno } from './errors.ts'
import type { Interface } from './interface.ts'

/** Which control messages come with each packet; what is absent stays as it is. All are off at first. */
export interface ControlOptions {
  /** The address that a packet was sent to, and the interface it came in by. */
  readonly destination?: boolean | undefined
  /** The time to live, or hop limit, that a packet arrived with. */
  readonly ttl?: boolean | undefined
  /** The type of service, or traffic class, of a packet: DSCP and ECN. */
  readonly tos?: boolean | undefined
}

/** What a message read beside its bytes: how many, how many of control messages, the MSG_ flags, the sender. */
export interface ReceivedMessage<A extends Addr> {
  /** How many bytes were read; never more than the buffer has. */
  readonly n: number
  /** How many bytes of control messages were read. */
  readonly oobn: number
  /**
   * The kernel's MSG_ flags: MSG_TRUNC where the packet was cut, MSG_CTRUNC where the control messages were.
   */
  readonly flags: number
  /** The sender. */
  readonly addr: A
}

/** What went with a message: bytes of it and of its control messages. */
export interface SentMessage {
  /** How many bytes of the packet went: all of it. */
  readonly n: number
  /** How many bytes of control messages went: all of them. */
  readonly oobn: number
}

/** An error that the network, or this host, told of a packet that had been sent. */
export interface QueuedError {
  /** What it is: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ... */
  readonly error: Errno
  /** Who told: this host, or an ICMP message. */
  readonly origin: 'none' | 'local' | 'icmp' | 'icmp6' | 'other'
  /** The type of the ICMP message, else 0. */
  readonly type: number
  /** The code of the ICMP message, else 0. */
  readonly code: number
  /** What the error brings along: the path's MTU in bytes for EMSGSIZE, else 0. */
  readonly info: number
  /** The host that told, or null when that was this one. */
  readonly offender: IP | null
  /** Where the packet had been sent to; its port may be 0 where this host itself told. */
  readonly destination: Addr
  /** The beginning of the packet, as far as it came back. */
  readonly data: Uint8Array<ArrayBuffer>
}

/** A multicast group that a socket has joined, in Deno's words. */
export interface MulticastMembership {
  /**
   * Leaves the group. Rejects with an {@link OpError} of op 'set' where it is left already, or the socket is
   * closed.
   */
  leave(): Promise<void>
  /**
   * Whether the socket's multicast packets are looped back to this host. Rejects with an {@link OpError} of op
   * 'set' after close.
   */
  setLoopback(on: boolean): Promise<void>
  /**
   * Sets the time to live, or hop limit, of the socket's multicast packets. In hops, 0 to 255. Rejects with
   * an {@link OpError} of op 'set': EINVAL for other numbers, and after close.
   */
  setTTL(ttl: number): Promise<void>
}

/** An interface as callers name it: itself, its name, its number; null, as absent, is the system's choice. */
export type InterfaceName = Interface | string | number | null

/**
 * What UDP and raw IP sockets have beside packets: control messages, errors of packets sent, multicast. All
 * of it throws {@link OpError}s of operation 'set' unless it says otherwise; a target that lacks something
 * throws its own error. After close all of it throws. Plan9 has none of it, and the host's own sockets have
 * the multicast alone: groups, interface, loopback and time to live.
 */
export interface DatagramOptions {
  /**
   * Switches on, or off, the control messages that readMsg and readBatch then give beside each packet. Throws
   * an {@link OpError} after close. Exists on posix.
   */
  setControlMessages(options: ControlOptions): void
  /**
   * Keeps the errors that the network tells of packets sent for {@link readErrors} (IP_RECVERR, linux). While
   * it is on, an unconnected socket's read or write that is pending or next rejects with such an error, too.
   * Throws an {@link OpError} after close and on other kernels.
   */
  setErrorQueue(on: boolean): void
  /**
   * Takes the errors kept, oldest first; never waits. Without {@link setErrorQueue} there are none. Throws an
   * {@link OpError} of op 'get' after close; on plan9 there never are any, the host's own sockets throw
   * EWINDOWS.
   */
  readErrors(): QueuedError[]
  /**
   * Sends and receives through the named interface only (SO_BINDTODEVICE, linux); '' lifts it. Throws an
   * {@link OpError}: ENODEV for a name that is not there, EPERM without the privilege for it.
   */
  bindToDevice(name: string): void
  /**
   * Joins a multicast group on an interface, given by itself, its name or its number; absent means the system's choice. With a
   * `source` only that host's packets to the group arrive. What is no multicast address is EINVAL, an interface that is not
   * there ENODEV or "no such network interface".
   */
  joinGroup(group: IP, iface?: InterfaceName, source?: IP | null): void
  /**
   * Leaves a group that {@link joinGroup} joined with the same arguments. Throws an {@link OpError}:
   * EADDRNOTAVAIL for a group that was not joined.
   */
  leaveGroup(group: IP, iface?: InterfaceName, source?: IP | null): void
  /** Deno's way to join an IPv4 group, on the interface that has an address. Rejects what {@link joinGroup} throws. */
  joinMulticastV4(group: IP | string, ifAddr: IP | string): Promise<MulticastMembership>
  /**
   * Deno's way to join an IPv6 group, on the interface of a number, 0 for the system's choice. Rejects what
   * {@link joinGroup} throws.
   */
  joinMulticastV6(group: IP | string, ifIndex: number): Promise<MulticastMembership>
  /**
   * The interface that multicast packets go out by; null for the system's choice. Throws an {@link OpError}
   * whose cause is "no such network interface" for one that is not there.
   */
  setMulticastInterface(iface: InterfaceName): void
  /**
   * Whether this host's members of a group get the multicast packets sent here; on at first. Throws an
   * {@link OpError} after close.
   */
  setMulticastLoopback(on: boolean): void
  /**
   * Sets the time to live, or hop limit, of multicast packets: 0 to 255, 1 at first, which stays on the link.
   * In hops; throws an {@link OpError} whose code is EINVAL for other numbers.
   */
  setMulticastTTL(ttl: number): void
}
