import { closeConn, type DNSConn } from './dial.ts'
import { UDP_SIZE } from './message.ts'

// A source port serves this many queries, and this many milliseconds, at most: then it is another one's turn, so that
// whoever wants to forge a reply has to guess it anew.
const maxUses = 16
const maxAge = 1000

/** A connection of packets to a server, for one query at a time. */
export class PacketSocket {
  /** The server as host:port. */
  readonly server: string
  /** The connection. */
  readonly conn: DNSConn
  /** Where packets are read to. */
  readonly buffer = new Uint8Array(UDP_SIZE)
  readonly #made = performance.now()
  #uses = 0

  /** Takes a connection that was just made. */
  constructor(server: string, conn: DNSConn) {
    this.server = server
    this.conn = conn
  }

  /** Counts a query that ended well and gives whether there may be another. */
  used(): boolean {
    return ++this.#uses < maxUses && performance.now() - this.#made < maxAge
  }
}

/**
 * Connections of packets that have served a query and may serve another, for queries that come many at a time: making a
 * socket costs more than asking a question. A query that is alone has a socket, and a source port, of its own. What
 * nobody has taken when the event loop turns and no query is under way is closed, so a resolver at rest holds none.
 */
export class SocketPool {
  readonly #idle: PacketSocket[] = []
  #active = 0
  #sweeping = false

  /** Begins a query; gives a connection to the server if there is one. {@link end} must follow. */
  begin(server: string): PacketSocket | null {
    const alone = this.#active++ === 0
    const socket = alone ? undefined : this.#idle.pop()
    if (socket === undefined || socket.server === server) return socket ?? null
    closeConn(socket.conn)
    return null
  }

  /** Ends a query. Takes the connection back if it ended well; null when it has none any more. */
  end(socket: PacketSocket | null): void {
    const alone = --this.#active === 0 && this.#idle.length === 0
    if (socket === null) return
    if (alone || !socket.used()) closeConn(socket.conn)
    else this.#idle.push(socket)
    if (this.#active === 0 && !this.#sweeping) {
      this.#sweeping = true
      setImmediate(() => {
        this.#sweep()
      })
    }
  }

  #sweep(): void {
    this.#sweeping = false
    if (this.#active > 0) return
    for (const { conn } of this.#idle) closeConn(conn)
    this.#idle.length = 0
  }
}
