import type { Cancellation } from './cancellation.ts'
import type { Dial } from './dial.ts'
import { PacketSocket, type Outcome, type PacketQuery } from './packet_socket.ts'

/**
 * The connections of packets that queries are sent on, for queries that come many at a time: making a socket costs more
 * than asking a question. A query that is alone has a socket, and a source port, of its own. When no query is under way
 * none is open.
 */
export class SocketPool {
  readonly #shared: boolean
  readonly #open = new Map<string, PacketSocket[]>() // those with room
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

  /** Asks a server; `timeout` is in milliseconds. Rejects with the error of the connection, or the reason of the cancellation. */
  async ask(
    server: string,
    query: PacketQuery,
    dial: Dial,
    timeout: number,
    cancellation: Cancellation,
  ): Promise<Outcome> {
    if (this.#active++ === 0) this.#closeAll()
    const list = this.#listOf(server)
    const socket = this.#take(list, query.id) ?? new PacketSocket(server, dial, timeout, this.#shared)
    try {
      const asked = socket.ask(query, performance.now() + timeout, cancellation)
      put(list, socket)
      const outcome = await asked
      if ('stream' in outcome) this.#streams.add(server)
      return outcome
    } finally {
      put(list, socket)
      if (--this.#active === 0) this.#closeAll()
    }
  }

  #listOf(server: string): PacketSocket[] {
    let list = this.#open.get(server)
    if (list === undefined) this.#open.set(server, (list = []))
    return list
  }

  #take(list: PacketSocket[], id: number): PacketSocket | null {
    for (;;) {
      const socket = list.pop()
      if (socket === undefined) return null
      socket.listed = false
      if (socket.takes(id)) return socket
      socket.retire()
    }
  }

  #closeAll(): void {
    for (const list of this.#open.values()) for (const socket of list) socket.retire()
    this.#open.clear()
  }
}

function put(list: PacketSocket[], socket: PacketSocket): void {
  if (socket.listed || !socket.hasRoom) return
  socket.listed = true
  list.push(socket)
}
