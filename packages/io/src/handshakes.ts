import type { Conn } from '@net/contract'
import { subscriberOf } from './subscriber.ts'

const MOST = 128 // handshakes under way
const MOST_OF_PEER = 64

/** A handshake that is under way. */
export class Handshake {
  /** What is closed to end it. */
  conn: Pick<Conn, 'close'>
  /** Whether it had to make room. */
  ended = false
  readonly #peer: Set<Handshake>

  /** Begins one of a peer that has those of `peer` already. */
  constructor(conn: Pick<Conn, 'close'>, peer: Set<Handshake>) {
    this.conn = conn
    this.#peer = peer
    peer.add(this)
  }

  /** Counts it no more. */
  leave(): void {
    this.#peer.delete(this)
  }

  /** Hangs up. */
  async end(): Promise<void> {
    this.ended = true
    this.leave()
    await this.conn.close()
  }
}

/**
 * The handshakes of a listener. Who says nothing must not keep others from coming in: one more than the most takes the place of the
 * oldest of the peer that has the most of them, and no peer has more than half. A peer is an address, or a /64 of IPv6.
 */
export class Handshakes {
  readonly #peers = new Map<string, Set<Handshake>>()

  /** Begins one with the client of a connection. */
  begin(conn: Conn): Handshake {
    const name = subscriberOf(conn.remoteAddr)
    let peer = this.#peers.get(name)
    if (peer === undefined) {
      for (const [other, list] of this.#peers) if (list.size === 0) this.#peers.delete(other)
      this.#peers.set(name, (peer = new Set()))
    }
    if (peer.size >= MOST_OF_PEER) endOldest(peer)
    else this.#makeRoom()
    return new Handshake(conn, peer)
  }

  /** Hangs up on all of them. */
  async end(): Promise<void> {
    const all = [...this.#peers.values()].flatMap((peer) => [...peer])
    await Promise.allSettled(all.map((handshake) => handshake.end()))
  }

  #makeRoom(): void {
    let count = 0
    let most: Set<Handshake> | null = null
    for (const peer of this.#peers.values()) {
      count += peer.size
      if (most === null || peer.size > most.size) most = peer
    }
    if (most !== null && count >= MOST) endOldest(most)
  }
}

function endOldest(peer: Set<Handshake>): void {
  const [oldest] = peer
  void oldest?.end().catch(() => {
    // The connection is gone either way.
  })
}
