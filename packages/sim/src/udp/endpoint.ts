import type { SendOptions } from '../ip/ip_layer.ts'
import type { Binding } from '../socket/port_table.ts'
import { Memberships, type Groups } from './membership.ts'

/** A datagram that came in, with what is known of it beside its bytes. */
export interface Arrived {
  readonly data: Uint8Array
  readonly addr: string
  readonly port: number
}

const ROOM = 212_992 // bytes that wait to be read (net.core.rmem_default)
const OVERHEAD = 256 // bytes that a datagram counts for beside its own

/** What a socket for datagrams is bound to, and what waits there: of UDP, or with port 0 of raw IP. */
export class Endpoint implements Binding {
  readonly addr: string
  readonly port: number
  readonly dual: boolean
  readonly share: boolean
  /** The one peer, or null. */
  readonly peer: { readonly addr: string; readonly port: number } | null
  /** The groups it has joined. */
  readonly memberships: Memberships
  /** The bytes that may wait to be read. */
  room = ROOM
  /** The time to live of what goes to groups. */
  groupTTL = 1
  /** Whether members on this host get what is sent to a group. */
  groupLoop = true
  /** The interface that packets to groups leave by; '' for the system's choice. */
  groupIface = ''
  /** The only interface that is used; '' for any. */
  device = ''
  /** Told when something has come in. */
  onReady: () => void = () => {}
  readonly #waiting: Arrived[] = []
  #held = 0
  #error: string | null = null

  /** Makes one that is bound to nothing yet. */
  constructor(binding: Binding, peer: Endpoint['peer'], groups: Groups) {
    this.addr = binding.addr
    this.port = binding.port
    this.dual = binding.dual
    this.share = binding.share
    this.peer = peer
    this.memberships = new Memberships(groups)
  }

  /** The bytes that wait to be read. */
  get received(): number {
    return this.#waiting.reduce((n, { data }) => n + data.byteLength, 0)
  }

  /** A datagram has come in; it is lost when there is no room. Gives whether there was. */
  deliver(arrived: Arrived): boolean {
    const size = arrived.data.byteLength + OVERHEAD
    if (this.#held + size > this.room) return false
    this.#held += size
    this.#waiting.push(arrived)
    this.onReady()
    return true
  }

  /** Takes the next datagram; null when there is none. */
  next(): Arrived | null {
    const arrived = this.#waiting.shift()
    if (arrived === undefined) return null
    this.#held -= arrived.data.byteLength + OVERHEAD
    return arrived
  }

  /** The network tells of trouble. */
  fail(error: string): void {
    this.#error = error
    this.onReady()
  }

  /** Takes the error that the network told of; null when there is none. */
  takeError(): string | null {
    const error = this.#error
    this.#error = null
    return error
  }

  /** How a packet to an address is sent. */
  options(isGroup: boolean): SendOptions {
    const iface = this.device !== '' ? this.device : isGroup ? this.groupIface : ''
    return isGroup ? { iface, ttl: this.groupTTL, loop: this.groupLoop } : { iface }
  }
}
