import type { Memory } from '@net/9p'
import type { FullLimits } from './limits.ts'
import { Arrivals } from './arrivals.ts'
import { Lookups } from './lookups.ts'
import { type Portion, Supply } from './supply.ts'

/** What a peer may use of what all share. */
interface Portions {
  readonly sessions: Portion
  readonly conversations: Portion
  readonly memory: Portion
}

/** A user of an export: what all sessions of one identity, address or user of the host have together. */
export class Peer implements Memory {
  /** What it is known by: 'user 1000', 'identity me', an address. */
  readonly name: string
  /** Bytes that its sessions have read from conversations. */
  bytesRead = 0
  /** Bytes that its sessions have written to conversations. */
  bytesWritten = 0
  /** Its sessions. */
  readonly sessions: Portion
  /** The conversations of its sessions, each of them a descriptor. */
  readonly conversations: Portion
  /** The bytes of memory that its sessions hold. */
  readonly memory: Portion
  /** The queries that are looked up for its sessions. */
  readonly lookups: Lookups
  /** The connections that have come from it of late and not attached. */
  readonly arrivals: Arrivals

  /** Makes a peer with its portions. */
  constructor(name: string, portions: Portions, lookups: Lookups, arrivals: Arrivals) {
    this.name = name
    this.sessions = portions.sessions
    this.conversations = portions.conversations
    this.memory = portions.memory
    this.lookups = lookups
    this.arrivals = arrivals
  }

  /** Whether nothing would be lost if it was forgotten. */
  get isClear(): boolean {
    return this.sessions.used === 0 && this.arrivals.isClear
  }

  hasRoom(bytes: number): boolean {
    return this.memory.has(bytes)
  }

  hold(bytes: number): void {
    this.memory.take(bytes)
  }
}

const REMEMBERED = 1024 // peers, beyond which those without sessions are forgotten whatever they did

/** The peers of a tree, by their names, and what they share. */
export class Peers {
  readonly #sessions: Supply
  readonly #conversations: Supply
  readonly #memory: Supply
  readonly #lookups: Supply
  readonly #limits: FullLimits
  readonly #byName = new Map<string, Peer>()

  /** Makes an empty list of peers that share what the limits of the tree say. */
  constructor(limits: FullLimits) {
    this.#sessions = new Supply(limits.sessions)
    this.#conversations = new Supply(limits.totalConversations)
    this.#memory = new Supply(limits.memory)
    this.#lookups = new Supply(limits.totalLookups)
    this.#limits = limits
  }

  /** The peer of a name, who is new when it has no session and none of it came of late. */
  named(name: string): Peer {
    let peer = this.#byName.get(name)
    if (peer === undefined) {
      this.#forget()
      peer = this.#make(name, false)
      this.#byName.set(name, peer)
    }
    return peer
  }

  /** The peers that have sessions now. */
  present(): Peer[] {
    return [...this.#byName.values()].filter((peer) => peer.sessions.used > 0)
  }

  /** The program itself, which need not leave anything for others. */
  sole(): Peer {
    return this.#make('', true)
  }

  #make(name: string, sole: boolean): Peer {
    const { lookups, arrivals, attachTime } = this.#limits
    const portions = {
      sessions: this.#sessions.portion(sole),
      conversations: this.#conversations.portion(sole),
      memory: this.#memory.portion(sole),
    }
    return new Peer(
      name,
      portions,
      new Lookups(lookups, this.#lookups.portion(sole)),
      new Arrivals(arrivals, attachTime),
    )
  }

  // Peers that have gone are removed when a new one comes, so that the list does not grow without end.
  #forget(): void {
    const isFull = this.#byName.size >= REMEMBERED
    for (const [name, peer] of this.#byName) {
      if (peer.isClear || (isFull && peer.sessions.used === 0)) this.#byName.delete(name)
    }
  }
}
