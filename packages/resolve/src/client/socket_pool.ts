import { DeadlineTimer } from '@net/io'
import { randomInt } from '../order/random.ts'
import type { OpenPacketSocket } from './packet_socket.ts'
import { PooledSocket, type SocketOwner, type PacketRequest } from './pooled_socket.ts'

// So many sockets are open at once where they are shared. Beyond that a query goes on one of them, by
// chance, so that very many lookups at once do not use up the descriptors of a process.
const MAX_OPEN = 256

/**
 * Owns the sockets of packets that queries are sent on, for queries that come many at a time: making a
 * socket costs more than asking a question. A query that is alone has a socket, and a source port, of its
 * own. When no query is under way none is open.
 */
export class SocketPool implements SocketOwner {
  readonly open: OpenPacketSocket
  readonly shared: boolean
  readonly #withRoom: PooledSocket[] = [] // to any server: nearly always one is asked
  readonly #streams = new Set<string>()
  readonly #open: PooledSocket[] = []
  #active = 0
  // It stays set when a query has its reply: when it expires too soon for those that wait by then, it is set anew.
  readonly #timer = new DeadlineTimer(() => {
    this.#expire()
  })

  /** Makes an empty pool; `shared` tells whether queries may be under way on one socket at once. */
  constructor(open: OpenPacketSocket, shared: boolean) {
    this.open = open
    this.shared = shared
  }

  /** Whether dials to a server gave a stream where packets were asked for: then each query dials. */
  givesStreams(server: string): boolean {
    return this.#streams.has(server)
  }

  /** Notes that a dial to a server gave a stream. */
  gaveStream(server: string): void {
    this.#streams.add(server)
  }

  /** Asks a server. Gives the socket that has the query. Throws when none can be opened. */
  ask(request: PacketRequest): PooledSocket {
    let socket = this.#open.length === 0 ? null : this.#take(request)
    if (socket === null) {
      socket = new PooledSocket(this, request)
      this.#open.push(socket)
    }
    this.#active++
    socket.ask(request)
    // The server is at work: what can wait comes now.
    this.#timer.setEarlier(request.end)
    this.#put(socket)
    return socket
  }

  left(socket: PooledSocket): void {
    this.#active--
    if (socket.isClosed) this.#forget(socket)
    else if (this.#active > 0) this.#put(socket)
    if (this.#active === 0) this.#closeAll()
  }

  /** An open socket for a query, or null. */
  #take(request: PacketRequest): PooledSocket | null {
    const { server, message, start } = request
    const list = this.#withRoom
    for (let i = list.length - 1; i >= 0; i--) {
      const socket = list[i]
      if (socket?.server !== server) continue
      const last = list.pop()
      if (last !== undefined && last !== socket) list[i] = last
      socket.listed = false
      if (socket.takes(message.id, start)) return socket
      this.#retire(socket)
    }
    return this.#takeBeyondShare(request)
  }

  #takeBeyondShare({ server, message }: PacketRequest): PooledSocket | null {
    const all = this.#open
    if (!this.shared || all.length < MAX_OPEN) return null
    const first = randomInt(all.length)
    for (let i = 0; i < all.length; i++) {
      const socket = all[(first + i) % all.length]
      if (socket?.server === server && socket.takesBeyondShare(message.id)) return socket
    }
    return null
  }

  #put(socket: PooledSocket): void {
    if (socket.listed || !socket.hasRoom) return
    socket.listed = true
    this.#withRoom.push(socket)
  }

  /** Ends the queries whose time is up. */
  #expire(): void {
    const now = performance.now()
    for (const socket of [...this.#open]) socket.expire(now)
    // Those whose time was up may wait again, on their next attempt.
    let next = Infinity
    for (const { firstEnd } of this.#open) next = Math.min(next, firstEnd)
    this.#timer.set(next)
  }

  /** Closes all sockets, as no query waits on any. */
  #closeAll(): void {
    for (const socket of this.#open) socket.close()
    this.#open.length = 0
    this.#withRoom.length = 0
  }

  #retire(socket: PooledSocket): void {
    socket.retire()
    if (socket.isClosed) this.#forget(socket)
  }

  /** Removes a closed socket, unless that was done before. */
  #forget(socket: PooledSocket): void {
    const i = this.#open.lastIndexOf(socket)
    const last = i < 0 ? undefined : this.#open.pop()
    if (last !== undefined && last !== socket) this.#open[i] = last
  }
}
