import type { Packet } from '../ip/packet.ts'

/** A packet on a link, with the interfaces it is for. */
export interface Frame {
  readonly packet: Packet
  /** The interface that it comes from. */
  readonly from: Station
  /** The interface that it is for; null for everybody. */
  readonly to: Station | null
  /** Whether a bit of it has changed under way. */
  readonly damaged: boolean
}

/** What a link ends at: an interface of a host, or a switch. */
export interface Station {
  /** 'host/eth0', or the name of a switch. */
  readonly name: string
  /** Whether it hands on what is not for it: a switch does, an interface does not. */
  readonly relays: boolean
  /** A frame has come in; `via` is the link it came by. */
  arrive(frame: Frame, via: Wire): void
  /** A link has come, gone up or down. */
  wired(): void
}

/** What a station knows of a link. */
export interface Wire {
  /** The two ends. */
  readonly ends: readonly [Station, Station]
  /** The largest packet that goes from an end, in bytes; Infinity when there is no limit. */
  mtuFrom(end: Station): number
  /** Whether it carries anything. */
  readonly isUp: boolean
  /** Sends a frame from one of its ends. */
  send(frame: Frame, from: Station): void
}
