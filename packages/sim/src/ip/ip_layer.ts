import type { Random } from '../clock/random.ts'
import type { Time } from '../clock/time.ts'
import type { Body, Packet } from './packet.ts'
import type { Trouble } from './icmp.ts'

/** How a packet is sent, where it differs from most. */
export interface SendOptions {
  /** How many routers it may pass; absent: 64, and 1 for groups. */
  readonly ttl?: number | undefined
  /** Whether it must not be broken into fragments. */
  readonly whole?: boolean | undefined
  /** The name of the interface that it leaves by; absent or '': what the routes say. */
  readonly iface?: string | undefined
  /** Whether members of a group on this host get what is sent to it; absent: they do. */
  readonly loop?: boolean | undefined
}

/** What TCP, UDP and raw sockets need of the layer below them. Errors are the names of error numbers. */
export interface IPLayer {
  readonly time: Time
  readonly random: Random
  /** Sends; gives the name of what is wrong, or null. */
  send(src: string, dst: string, body: Body, options?: SendOptions): string | null
  /** The address that packets to `dst` are sent from; else what is wrong, as `error`. */
  source(dst: string, iface?: string): { readonly addr: string } | { readonly error: string }
  /** Whether an address is one of this host's, or means all of them. */
  owns(addr: string): boolean
  /** The largest packet that gets to `dst` in one piece, as far as is known, in bytes. */
  mtu(dst: string): number
  /** Answers a packet by telling of its trouble. */
  tell(packet: Packet, trouble: Trouble): void
}
