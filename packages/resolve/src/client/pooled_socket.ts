import { ErrDeadlineExceeded } from '@net/contract'
import type { Parser } from '../dns/parser.ts'
import type { OpenPacketSocket, PacketReceiver, PacketSocket } from './packet_socket.ts'
import type { QueryMessage } from './query_message.ts'
import { closeConn, dialTimedOut, type DNSConn } from './server_dial.ts'

// A source port serves this many queries, and for this many milliseconds, at most. The next queries come
// from another port, so that whoever wants to forge a reply has to guess it anew. The same holds for a port
// that received this many packets that were no replies.
const MAX_USES = 16
const MAX_AGE = 1000
const MAX_FORGED = 16

/** A query that is to be sent as a packet. One of what came of it is called, once, and never before the call that asks has returned. */
export interface PacketRequest {
  /** The server as host:port. */
  readonly server: string
  /** What is sent. */
  readonly message: QueryMessage
  /** When it was made, on the monotonic clock. */
  readonly start: number
  /** When it is given up, on the monotonic clock. */
  readonly end: number
  /** Takes the reply. */
  replied(reply: Parser): void
  /** Takes the error of the socket, or that of a reply which did not come in time. */
  failed(error: unknown): void
  /** The dial gave a stream. One of the queries that wait gets it, and has to close it; the others get null. */
  gaveStream(stream: DNSConn | null): void
}

/** Who owns sockets of packets. */
export interface SocketOwner {
  /** Makes the sockets. */
  readonly open: OpenPacketSocket
  /** Whether several queries may wait on one socket. */
  readonly shared: boolean
  /** A query has left a socket, which may be closed by now. */
  left(socket: PooledSocket): void
}

/**
 * A socket of packets to a server, for several queries at once: replies find their queries by id, and
 * what fits none is passed over. It is opened at once and, after {@link PooledSocket.retire}, closed when no query
 * waits any more.
 */
export class PooledSocket implements PacketReceiver {
  /** The server that it asks. */
  readonly server: string
  readonly #owner: SocketOwner
  readonly #waiting = new Map<number, PacketRequest>()
  readonly #socket: PacketSocket
  readonly #until: number
  #uses = 0
  #forged = 0
  #retired = false
  #closed = false

  /** Whether a pool has it in its list of sockets with room; the pool's own mark. */
  listed = false

  /** Opens a socket to the server of a request, which is yet to be asked. Throws when it cannot be opened. */
  constructor(owner: SocketOwner, { server, start, end }: PacketRequest) {
    this.server = server
    this.#owner = owner
    this.#until = start + MAX_AGE
    this.#socket = owner.open(server, this, end)
  }

  /** When the first of those that wait is given up, on the monotonic clock; Infinity when none waits. */
  get firstEnd(): number {
    let first = Infinity
    for (const { end } of this.#waiting.values()) first = Math.min(first, end)
    return first
  }

  /** How many queries wait for a reply. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Whether it is closed, or was found to be a stream. */
  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether it can take one more query, if its id is a new one. */
  get hasRoom(): boolean {
    if (this.#retired || this.#closed || this.#uses >= MAX_USES) return false
    return this.#owner.shared || this.#waiting.size === 0
  }

  /** Whether it can take a query with this id now. */
  takes(id: number, now: number): boolean {
    return this.hasRoom && !this.#waiting.has(id) && now < this.#until
  }

  /** Whether it can take a query with this id beyond its share, when no other socket may be opened. */
  takesBeyondShare(id: number): boolean {
    return !this.#closed && this.#forged < MAX_FORGED && !this.#waiting.has(id)
  }

  /** Sends a query. */
  ask(request: PacketRequest): void {
    this.#uses++
    this.#waiting.set(request.message.id, request)
    this.#socket.send(request.message.packet)
  }

  /** Ends a query that waits here with an error. */
  drop(request: PacketRequest, error: unknown): void {
    if (this.#waiting.get(request.message.id) !== request) return
    this.#forget(request)
    request.failed(error)
  }

  /** Takes no query any more, and closes when those under way are done. */
  retire(): void {
    this.#retired = true
    if (this.#waiting.size === 0 && !this.#closed) this.close()
  }

  received(bytes: Uint8Array, length: number): void {
    const request = this.#waiting.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))
    const reply = request?.message.readPacket(bytes, length) ?? null
    if (request !== undefined && reply !== null) {
      this.#forget(request)
      request.replied(reply)
    } else if (++this.#forged === MAX_FORGED) {
      // Anyone can send packets here: this one may be a forgery, and the true reply still on its way.
      this.#retired = true
    }
  }

  gaveStream(conn: DNSConn): void {
    this.#closed = true
    let stream: DNSConn | null = conn
    for (const request of this.#taken()) {
      request.gaveStream(stream)
      stream = null
    }
    if (stream !== null) closeConn(stream)
  }

  failed(error: unknown): void {
    this.close()
    for (const request of this.#taken()) request.failed(error)
  }

  /** Takes all queries that wait. */
  #taken(): PacketRequest[] {
    const requests = [...this.#waiting.values()]
    requests.forEach((request) => {
      this.#waiting.delete(request.message.id)
      this.#owner.left(this)
    })
    return requests
  }

  /** Ends the queries whose time is up at `now`. The socket stays: its next packet may be for another query. */
  expire(now: number): void {
    const due = [...this.#waiting.values()].filter(({ end }) => end <= now)
    if (due.length > 0 && !this.#socket.isConnected) {
      this.failed(dialTimedOut('udp', this.server))
      return
    }
    for (const request of due) this.drop(request, this.#socket.readError(ErrDeadlineExceeded))
  }

  /** Waits for no reply to a query any more. */
  #forget(request: PacketRequest): void {
    this.#waiting.delete(request.message.id)
    if (this.#waiting.size === 0 && (this.#retired || this.#uses >= MAX_USES)) this.close()
    this.#owner.left(this)
  }

  /** Closes it, as no query waits on it. Once. */
  close(): void {
    this.#closed = true
    this.#socket.close()
  }
}
