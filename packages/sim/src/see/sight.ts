import type { Packet } from '../ip/packet.ts'

/** What happened to a packet: it left an interface, came in by one, or was lost. */
export type Happening = 'out' | 'in' | 'lost'

/** A packet that was seen somewhere. */
export interface Sighting {
  /** When, in milliseconds of simulated time. */
  readonly at: number
  readonly what: Happening
  /** Where: the host and its interface, 'a/eth0', or the link on which it was lost, 'a-b'. */
  readonly where: string
  /** Why it was lost; '' when it was not. */
  readonly why: string
  readonly packet: Packet
  /** Whether a bit of it has changed under way. */
  readonly damaged: boolean
}

/** Whoever is told of packets. */
export interface Witness {
  /** Tells of one. */
  saw(what: Happening, where: string, packet: Packet, why?: string, damaged?: boolean): void
}
