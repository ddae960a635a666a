import type { Dial } from './dial.ts'
import { PacketSocket, type PacketQuery, type SocketOwner } from './packet_socket.ts'
import { randomInt } from '../order/random.ts'

// So many sockets are open at once where they are shared. Beyond that a query goes on one of them, by chance: very many
// lookups at once do not use up the descriptors of a process.
const MAX_OPEN = 256

/**
 * The connections of packets that queries are sent on, for queries that come many at a time: making a socket costs more
 * than asking a question. A query that is alone has a socket, and a source port, of its own. When no query is under way
 * none is open.
 */
export class SocketPool implements SocketOwner {
  batches = true
  readonly #shared: boolean
  readonly #open = new Map<string, PacketSocket[]>() // those with room
  readonly #all = new Map<string, PacketSocket[]>()
  #count = 0
  readonly #streams = new Set<string>()
  #active = 0

  /** Makes an empty pool; `shared` tells whether queries may be under way on one connection at once. */
  constructor(shared: boolean) {
    this.#shared = shared
  }

  /** Whether dials to a server gave a stream where packets were asked for: then each query dials. */
  givesStreams(server: string): boolean {
    return this.#streams.has(server)
  }

  /** Tells that a dial to a server gave a stream. */
  gaveStream(server: string): void {
    this.#streams.add(server)
  }

  /**
   * Asks a server, and tells the query what came of it; `timeout` is how many milliseconds it may take to connect, `now`
   * the moment on the monotonic clock. Gives the connection that has the query.
   */
  ask(server: string, query: PacketQuery, dial: Dial, timeout: number, now: number): PacketSocket {
    this.#active++
    const socket =
      this.#take(server, query.id, now) ??
      this.#squeeze(server, query.id) ??
      this.#make(server, dial, timeout, now)
    socket.ask(query)
    this.#put(socket)
    return socket
  }

  ended(socket: PacketSocket): void {
    this.#put(socket)
    if (--this.#active === 0) this.#closeAll()
  }

  closed(socket: PacketSocket): void {
    this.#count--
    const all = this.#all.get(socket.server)
    const last = all?.pop()
    if (all === undefined || last === undefined || last === socket) return
    all[all.indexOf(socket)] = last
  }

  #make(server: string, dial: Dial, timeout: number, now: number): PacketSocket {
    const socket = new PacketSocket(this, server, dial, timeout, this.#shared, now)
    this.#count++
    const all = this.#all.get(server)
    if (all === undefined) this.#all.set(server, [socket])
    else all.push(socket)
    return socket
  }

  #squeeze(server: string, id: number): PacketSocket | null {
    if (!this.#shared || this.#count < MAX_OPEN) return null
    const all = this.#all.get(server) ?? []
    const first = randomInt(Math.max(all.length, 1))
    for (let i = 0; i < all.length; i++) {
      const socket = all[(first + i) % all.length]
      if (socket?.squeezes(id)) return socket
    }
    return null
  }

  #take(server: string, id: number, now: number): PacketSocket | null {
    const list = this.#open.get(server)
    for (;;) {
      const socket = list?.pop()
      if (socket === undefined) return null
      socket.listed = false
      if (socket.takes(id, now)) return socket
      socket.retire()
    }
  }

  #put(socket: PacketSocket): void {
    if (socket.listed || !socket.hasRoom) return
    socket.listed = true
    const list = this.#open.get(socket.server)
    if (list === undefined) this.#open.set(socket.server, [socket])
    else list.push(socket)
  }

  #closeAll(): void {
    for (const list of this.#open.values()) for (const socket of list) socket.retire()
    this.#open.clear()
  }
}
