import type { Memory } from '@net/9p'
import type { FullLimits } from './limits.ts'
import { type Portion, Supply } from './supply.ts'

/** A user of an export: what all sessions of one identity, address or user of the host have together. */
export class Peer implements Memory {
  /** Its sessions. */
  readonly sessions: Portion
  /** The conversations of its sessions, each of them a descriptor. */
  readonly conversations: Portion
  /** The bytes of memory that its sessions hold. */
  readonly memory: Portion

  /** Makes a peer with its portions. */
  constructor(sessions: Portion, conversations: Portion, memory: Portion) {
    this.sessions = sessions
    this.conversations = conversations
    this.memory = memory
  }

  hasRoom(bytes: number): boolean {
    return this.memory.has(bytes)
  }

  hold(bytes: number): void {
    this.memory.take(bytes)
  }
}

/** The peers of a tree, by their names, and what they share. */
export class Peers {
  readonly #sessions: Supply
  readonly #conversations: Supply
  readonly #memory: Supply
  readonly #byName = new Map<string, Peer>()

  /** Makes an empty list of peers that share what the limits of the tree say. */
  constructor(limits: FullLimits) {
    this.#sessions = new Supply(limits.sessions)
    this.#conversations = new Supply(limits.totalConversations)
    this.#memory = new Supply(limits.memory)
  }

  /** The peer with a name; a new one when it has no session. */
  named(name: string): Peer {
    let peer = this.#byName.get(name)
    if (peer === undefined) {
      this.#forget()
      peer = this.#make(false)
      this.#byName.set(name, peer)
    }
    return peer
  }

  /** The program itself, which need not leave anything for others. */
  sole(): Peer {
    return this.#make(true)
  }

  #make(sole: boolean): Peer {
    const sessions = this.#sessions.portion(sole)
    return new Peer(sessions, this.#conversations.portion(sole), this.#memory.portion(sole))
  }

  // Peers whose sessions have ended are removed when a new one comes, so that the list never grows beyond the
  // sessions.
  #forget(): void {
    for (const [name, peer] of this.#byName) if (peer.sessions.used === 0) this.#byName.delete(name)
  }
}
