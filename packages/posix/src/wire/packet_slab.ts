import { byteLengthOf } from '@net/contract'
import { ReceiveVector } from './mmsg.ts'

/** How many packets a slab takes. */
export const SLAB = 32

const ROOM = 65536 // bytes for each packet: none is longer
// Rooms whose distance is a power of two would share the same few lines of the processor's caches.
const DISTANCE = ROOM + 192

/**
 * Memory for packets that one recvmmsg(2) takes, whole, whatever their lengths. Only the pages that packets touch are
 * resident.
 */
export class PacketSlab {
  readonly #vector = new ReceiveVector()
  readonly #rooms: Uint8Array[] = []

  /** Makes an empty slab. */
  constructor() {
    const memory = new Uint8Array(SLAB * DISTANCE)
    for (let i = 0; i < SLAB; i++) {
      const room = memory.subarray(i * DISTANCE, i * DISTANCE + ROOM)
      this.#rooms.push(room)
      this.#vector.putRoom(i, room, null, false)
    }
  }

  /** Takes up to `n` packets of a socket, without waiting. Gives how many came or a negated error number. */
  take(fd: number, n: number): number {
    const taken = this.#vector.receive(fd, n)
    for (let i = 0; i < taken; i++) this.#vector.renew(i)
    return taken
  }

  /** The bytes of packet `i`. */
  length(i: number): number {
    return this.#vector.length(i)
  }

  /** Copies packet `i` into `p` as far as it fits. Gives how many bytes that are. */
  copy(i: number, p: Uint8Array): number {
    const n = Math.min(this.#vector.length(i), byteLengthOf(p))
    const room = this.#rooms[i]
    if (room !== undefined && n > 0) Uint8Array.prototype.set.call(p, room.subarray(0, n))
    return n
  }

  /** Puts the sender of packet `i` into sockaddrIn. */
  takeName(i: number): void {
    this.#vector.takeName(i)
  }
}

/** How many slabs a thread has at most: a socket that gets none reads its packets one by one. */
const MOST = 8

const free: PacketSlab[] = []
let made = 0

/** Borrows one of the thread's slabs; null when all are lent. */
export function borrowSlab(): PacketSlab | null {
  const slab = free.pop()
  if (slab !== undefined) return slab
  if (made === MOST) return null
  made++
  return new PacketSlab()
}

/** Gives a slab back. */
export function returnSlab(slab: PacketSlab): void {
  free.push(slab)
}
