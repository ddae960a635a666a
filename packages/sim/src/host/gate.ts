import type { Packet } from '../ip/packet.ts'

/** What stands between a host and its links, and may keep packets from passing: partitions and rules. */
export interface Gate {
  /** Whether packets from one address to another are lost when they come in. */
  stops(packet: Packet): boolean
  /** Lets a packet of a host pass by calling `send`: at once, later, changed, several times or never. */
  pass(packet: Packet, where: string, send: (packet: Packet) => void): void
}

/** Who has which address, in the whole network. */
export interface AddressBook<T> {
  /** Who has an address. */
  get(addr: string): T | undefined
}
