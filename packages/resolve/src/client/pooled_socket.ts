import { ErrDeadlineExceeded } from '@net/contract'
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
  /** Takes the reply, the first `length` of `bytes`, which are its own until it returns. */
  replied(bytes: Uint8Array, length: number): void
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
  /** A socket rests, as it has taken all its queries and none waits any more. */
  spent(socket: PooledSocket): void
}

/**
 * A socket of packets to a server, for several queries at once: replies find their queries by id, and
 * what fits none is passed over. It is opened at once. When it has taken all its queries, or after {@link PooledSocket.retire}, it
 * rests or closes as soon as none waits any more.
 */
export class PooledSocket implements PacketReceiver {
  /** The server that it asks. */
  readonly server: string
  readonly #owner: SocketOwner
  readonly #waiting = new Map<number, PacketRequest>()
  readonly #socket: PacketSocket
  #until: number
  /** How many queries it takes yet. */
  #left = MAX_USES
  #forged = 0

  /** Whether it is closed, or was found to be a stream. */
  isClosed = false
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

  /** Whether it can take one more query, if its id is a new one. */
  get hasRoom(): boolean {
    if (this.#left === 0 || this.isClosed) return false
    return this.#owner.shared || this.#waiting.size === 0
  }

  /** Sends a query if it has room for one with that id. Gives whether it has. */
  ask(request: PacketRequest): boolean {
    const { message, start } = request
    const waiting = this.#waiting
    if (this.#left === 0 || this.isClosed || start >= this.#until) return false
    if (this.#owner.shared ? waiting.has(message.id) : waiting.size > 0) return false
    this.#left--
    waiting.set(message.id, request)
    this.#socket.send(message.packet)
    return true
  }

  /** Takes no query until it is renewed, or closes for good, as none waits. Gives whether it can be renewed. */
  rest(): boolean {
    this.#left = 0
    // One that somebody has sent other packets to is given up.
    if (!this.#owner.shared || !this.#socket.isRenewable || this.#forged > 0) this.close()
    return !this.isClosed
  }

  /** Gives one that rests another source port, for a query that is yet to be asked. Gives whether it has one. */
  renew({ server, start }: PacketRequest): boolean {
    if (server !== this.server || this.isClosed || !this.#socket.renew()) return false
    this.#until = start + MAX_AGE
    this.#left = MAX_USES
    return true
  }

  /** Sends a query beyond its share, when no other socket may be opened. Gives whether it can. */
  askBeyondShare(request: PacketRequest): boolean {
    const { message } = request
    if (this.isClosed || this.#forged >= MAX_FORGED || this.#waiting.has(message.id)) return false
    if (this.#left > 0) this.#left--
    this.#waiting.set(message.id, request)
    this.#socket.send(message.packet)
    return true
  }

  /** Ends a query that waits here with an error. */
  drop(request: PacketRequest, error: unknown): void {
    if (this.#waiting.get(request.message.id) !== request) return
    this.#forget(request)
    request.failed(error)
  }

  /** Takes no query any more. It closes at once where none waits. */
  retire(): void {
    this.#left = 0
    if (this.#waiting.size === 0 && !this.isClosed) this.close()
  }

  received(bytes: Uint8Array, length: number): void {
    const request = this.#waiting.get(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))
    if (request?.message.isAnsweredBy(bytes, length) === true) {
      this.#forget(request)
      request.replied(bytes, length)
    } else if (++this.#forged === MAX_FORGED) {
      // Anyone can send packets here: this one may be a forgery, and the true reply still on its way.
      this.#left = 0
    }
  }

  gaveStream(conn: DNSConn): void {
    this.isClosed = true
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
    if (this.#waiting.size === 0 && this.#left === 0 && this.rest()) this.#owner.spent(this)
    this.#owner.left(this)
  }

  /** Closes it, as no query waits on it. */
  close(): void {
    this.isClosed = true
    this.#socket.close()
  }
}
