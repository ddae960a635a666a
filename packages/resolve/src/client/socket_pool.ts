import { randomInt } from '../order/random.ts'
import type { OpenPacketSocket } from './packet_socket.ts'
import { PooledSocket, type SocketMeans, type PacketRequest } from './pooled_socket.ts'

// So many sockets are open at once where they are shared. Beyond that a query goes on one of them, by
// chance, so that very many lookups at once do not use up the descriptors of a process.
const MAX_OPEN = 256

/**
 * Owns the sockets of packets that queries are sent on, for queries that come many at a time: making a
 * socket costs more than asking a question. A query that is alone has a socket, and a source port, of its
 * own. When no query is under way none is open.
 */
export class SocketPool {
  readonly #means: SocketMeans
  readonly #withRoom = new Map<string, PooledSocket[]>()
  readonly #open = new Map<string, PooledSocket[]>()
  readonly #streams = new Set<string>()
  #count = 0
  #active = 0

  /** Makes an empty pool; `shared` tells whether queries may be under way on one socket at once. */
  constructor(open: OpenPacketSocket, shared: boolean) {
    this.#means = { open, shared }
  }

  /** Whether dials to a server gave a stream where packets were asked for: then each query dials. */
  givesStreams(server: string): boolean {
    return this.#streams.has(server)
  }

  /** Notes that a dial to a server gave a stream. */
  gaveStream(server: string): void {
    this.#streams.add(server)
  }

  /** Asks a server. Gives the socket that has the query, to be released when the query is done. Throws when none can be opened. */
  ask(request: PacketRequest): PooledSocket {
    const socket = this.#take(request) ?? this.#takeBeyondShare(request) ?? this.#make(request)
    this.#active++
    socket.ask(request)
    this.#put(socket)
    return socket
  }

  /** Takes a socket back from a query that is done. */
  release(socket: PooledSocket): void {
    if (--this.#active === 0) this.#retireAll()
    else if (socket.isClosed) this.#forget(socket)
    else this.#put(socket)
  }

  #make(request: PacketRequest): PooledSocket {
    const socket = new PooledSocket(this.#means, request)
    this.#count++
    add(this.#open, socket)
    return socket
  }

  #takeBeyondShare({ server, message }: PacketRequest): PooledSocket | null {
    if (!this.#means.shared || this.#count < MAX_OPEN) return null
    const all = this.#open.get(server) ?? []
    const first = randomInt(Math.max(all.length, 1))
    for (let i = 0; i < all.length; i++) {
      const socket = all[(first + i) % all.length]
      if (socket?.takesBeyondShare(message.id)) return socket
    }
    return null
  }

  #take({ server, message, start }: PacketRequest): PooledSocket | null {
    const list = this.#withRoom.get(server)
    for (;;) {
      const socket = list?.pop()
      if (socket === undefined) return null
      socket.listed = false
      if (socket.takes(message.id, start)) return socket
      this.#retire(socket)
    }
  }

  #put(socket: PooledSocket): void {
    if (socket.listed || !socket.hasRoom) return
    socket.listed = true
    add(this.#withRoom, socket)
  }

  /** Closes all sockets, as no query waits on any. */
  #retireAll(): void {
    this.#open.forEach(retireEach)
    this.#open.clear()
    this.#withRoom.clear()
    this.#count = 0
  }

  #retire(socket: PooledSocket): void {
    socket.retire()
    if (socket.isClosed) this.#forget(socket)
  }

  /** Removes a closed socket, unless that was done before. */
  #forget(socket: PooledSocket): void {
    const all = this.#open.get(socket.server) ?? []
    const i = all.lastIndexOf(socket)
    const last = i < 0 ? undefined : all.pop()
    if (last === undefined) return
    this.#count--
    if (last !== socket) all[i] = last
  }
}

function retireEach(sockets: readonly PooledSocket[]): void {
  sockets.forEach(retire)
}

function retire(socket: PooledSocket): void {
  socket.retire()
}

function add(lists: Map<string, PooledSocket[]>, socket: PooledSocket): void {
  const list = lists.get(socket.server)
  if (list === undefined) lists.set(socket.server, [socket])
  else list.push(socket)
}
