import { DeadlineTimer } from '@net/io'
import { randomInt } from '../order/random.ts'
import type { OpenPacketSocket } from './packet_socket.ts'
import { PooledSocket, type SocketOwner, type PacketRequest } from './pooled_socket.ts'

// So many sockets are open at once where they are shared. Beyond that a query goes on one of them, by
// chance, so that very many lookups at once do not use up the descriptors of a process.
const MAX_OPEN = 256

// So many that have taken all their queries are kept for later ones while others are under way.
const MAX_SPENT = 16

/**
 * Owns the sockets of packets that queries are sent on, for queries that come many at a time: making a
 * socket costs more than asking a question. A query that is alone has a socket, and a source port, of its
 * own. When no query is under way none is open, but for those that rest until the event loop turns.
 */
export class SocketPool implements SocketOwner {
  readonly open: OpenPacketSocket
  readonly shared: boolean
  /** The monotonic clock, as the getter of the global takes as long as a look at it. */
  readonly clock = performance
  // To any server, as nearly always one is asked. Those that have no room any more are taken out when that is found.
  #withRoom: PooledSocket[] = []
  readonly #streams = new Set<string>()
  #open: PooledSocket[] = []
  #spent: PooledSocket[] = [] // those that rest
  #isResting = false // whether those that rest are closed when the event loop turns
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

  /** Notes that a dial to a server gave a stream. */
  gaveStream(server: string): void {
    this.#streams.add(server)
  }

  /**
   * Asks a server. Gives the socket that has the query; null when dials to the server gave a stream where packets were asked for, as
   * each query has to dial then. Throws when no socket can be opened.
   */
  ask(request: PacketRequest): PooledSocket | null {
    if (this.#streams.size > 0 && this.#streams.has(request.server)) return null
    const socket =
      this.#askOpen(request) ??
      this.#askSpent(request) ??
      this.#askBeyondShare(request) ??
      this.#askNew(request)
    this.#active++
    // The server is at work: what can wait comes now.
    this.#timer.setEarlier(request.end)
    return socket
  }

  left(socket: PooledSocket): void {
    this.#active--
    if (socket.isClosed) this.#forget(socket)
    // One that is shared has had room all the time, if it has any.
    else if (!this.shared && socket.hasRoom) this.#list(socket)
    if (this.#active === 0) this.#rest()
  }

  spent(socket: PooledSocket): void {
    if (this.#spent.length < MAX_SPENT) this.#spent.push(socket)
    else socket.close()
  }

  /** Asks over a socket that has taken all its queries, from another port; null when there is none. */
  #askSpent(request: PacketRequest): PooledSocket | null {
    for (let socket = this.#spent.pop(); socket !== undefined; socket = this.#spent.pop()) {
      if (socket.renew(request)) {
        this.#list(socket)
        socket.ask(request)
        return socket
      }
      this.#retire(socket)
    }
    return null
  }

  #askNew(request: PacketRequest): PooledSocket {
    const socket = new PooledSocket(this, request)
    this.#open.push(socket)
    this.#list(socket)
    socket.ask(request)
    return socket
  }

  /** Asks over a socket that is open, and gives that; null when none has room. */
  #askOpen(request: PacketRequest): PooledSocket | null {
    const { server } = request
    const list = this.#withRoom
    for (let i = list.length - 1; i >= 0; i--) {
      const socket = list[i]
      if (socket?.server !== server) continue
      if (socket.ask(request)) return socket
      const last = list.pop()
      if (last !== undefined && last !== socket) list[i] = last
      socket.listed = false
      if (socket.hasRoom) this.#retire(socket)
    }
    return null
  }

  /** Asks over any socket when no other may be opened; null when one may. */
  #askBeyondShare(request: PacketRequest): PooledSocket | null {
    const all = this.#open
    if (!this.shared || all.length < MAX_OPEN) return null
    const first = randomInt(all.length)
    for (let i = 0; i < all.length; i++) {
      const socket = all[(first + i) % all.length]
      if (socket?.server === request.server && socket.askBeyondShare(request)) return socket
    }
    return null
  }

  #list(socket: PooledSocket): void {
    if (socket.listed) return
    socket.listed = true
    this.#withRoom.push(socket)
  }

  /** Ends the queries whose time is up. */
  #expire(): void {
    const now = this.clock.now()
    for (const socket of [...this.#open]) socket.expire(now)
    // Those whose time was up may wait again, on their next attempt.
    let next = Infinity
    for (const { firstEnd } of this.#open) next = Math.min(next, firstEnd)
    this.#timer.set(next)
  }

  /** Has all sockets rest or close, as no query waits on any: others may come within this turn of the event loop. */
  #rest(): void {
    const resting = this.#open.filter((socket) => socket.rest())
    for (const socket of resting) socket.listed = false
    this.#withRoom = []
    this.#open = resting
    this.#spent = [...resting]
    if (resting.length === 0 || this.#isResting) return
    this.#isResting = true
    setImmediate(this.#turned)
  }

  readonly #turned = (): void => {
    this.#isResting = false
    if (this.#active > 0) return
    for (const socket of this.#open) socket.close()
    this.#open = []
    this.#spent = []
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
