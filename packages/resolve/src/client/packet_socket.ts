import { type Message } from '@net/contract'
import { DeadlineTimer } from '@net/io'
import { Cancellation } from './cancellation.ts'
import { closeConn, dialWithin, type Dial, type DNSConn } from './dial.ts'
import { UDP_SIZE } from '../dns/message.ts'

// A source port serves this many queries, and this many milliseconds, at most: then it is another one's turn, so that
// whoever wants to forge a reply has to guess it anew. So does one that got this many packets which were no reply.
const MAX_USES = 16
const MAX_AGE = 1000
const MAX_FORGED = 16

// Room to read to, for the next socket that reads. What a burst of lookups needed is not all kept.
const MAX_ROOMS = 64
const rooms: Message[][] = []

/** A query for a connection of packets. One of `deliver`, `failed` and `streamed` ends it. */
export interface PacketQuery {
  /** Its number, of 16 bits. */
  readonly id: number
  /** The message. */
  readonly packet: Uint8Array
  /** When it is given up, on the monotonic clock. */
  readonly at: number
  /** Takes a message with the query's id, which is good during the call; false when it is no reply to it. */
  deliver(message: Uint8Array): boolean
  /** There will be no reply, for this reason. */
  failed(e: unknown): void
  /** The dial gave a stream, which is the query's now; null when another query has it. */
  streamed(stream: DNSConn | null): void
}

/** What a socket tells its pool. */
export interface SocketOwner {
  /** Whether connections are believed to take batches. */
  batches: boolean
  /** A query has ended. */
  ended(socket: PacketSocket): void
  /** A socket has closed, or was found to be a stream. */
  closed(socket: PacketSocket): void
}

/**
 * A connection of packets to a server, for several queries at once: replies find their queries by id, and what fits none
 * is passed over. It is dialled at once and, after {@link retire}, closed when nobody waits any more.
 */
export class PacketSocket {
  /** The server it was dialled to. */
  readonly server: string
  readonly #owner: SocketOwner
  readonly #waiting = new Map<number, PacketQuery>()
  readonly #dialling = new Cancellation()
  readonly #until: number
  readonly #together: number
  readonly #timer = new DeadlineTimer(() => {
    this.#expire()
  })
  #unsent: PacketQuery[] = []
  #conn: DNSConn | null = null
  #uses = 0
  #forged = 0
  #reading = false
  #retired = false
  #closed = false

  /** Whether a pool has it in its list; the pool's own mark. */
  listed = false

  /** Dials a server; `timeout` is in milliseconds, `shared` tells whether it takes several queries at once. */
  constructor(owner: SocketOwner, server: string, dial: Dial, timeout: number, shared: boolean, now: number) {
    this.#owner = owner
    this.server = server
    this.#until = now + MAX_AGE
    this.#together = shared ? MAX_USES : 1
    dialWithin(dial, 'udp', server, timeout, this.#dialling).then(
      (conn) => {
        this.#connected(conn)
      },
      (e: unknown) => {
        this.#fail(e)
      },
    )
  }

  /** Whether it can take one more query, if its id is a new one. */
  get hasRoom(): boolean {
    return !this.#retired && !this.#closed && this.#uses < MAX_USES && this.#waiting.size < this.#together
  }

  /** Whether it can take a query with this id now. */
  takes(id: number, now: number): boolean {
    return this.hasRoom && !this.#waiting.has(id) && now < this.#until
  }

  /** Whether it can take a query with this id beyond what it would have, where no other can be had. */
  squeezes(id: number): boolean {
    return !this.#closed && this.#forged < MAX_FORGED && !this.#waiting.has(id)
  }

  /** Sends a query, together with those that are asked in the same turn. */
  ask(query: PacketQuery): void {
    this.#uses++
    this.#waiting.set(query.id, query)
    if (query.at < this.#timer.at) this.#timer.set(query.at)
    if (this.#unsent.push(query) === 1 && this.#conn !== null) queueMicrotask(this.#flush)
  }

  /** Forgets a query that was given up. */
  drop(query: PacketQuery): void {
    if (this.#waiting.get(query.id) === query) this.#end(query)
  }

  /** Takes no query any more, and closes when those under way are done. */
  retire(): void {
    this.#retired = true
    if (this.#waiting.size === 0) this.#close()
  }

  #connected(conn: DNSConn): void {
    if (this.#closed) {
      closeConn(conn)
    } else if (conn.readFrom === undefined) {
      this.#closed = true
      this.#owner.closed(this)
      let stream: DNSConn | null = conn
      for (const query of [...this.#waiting.values()]) {
        this.#end(query)
        query.streamed(stream)
        stream = null
      }
    } else {
      this.#conn = conn
      this.#flush()
      if (this.#timer.at <= performance.now()) this.#expire()
    }
  }

  readonly #flush = (): void => {
    const conn = this.#conn
    const queries = this.#unsent
    if (conn === null || this.#closed) return
    this.#unsent = []
    const [first] = queries
    if (first !== undefined && queries.length === 1) this.#write(conn, first)
    else void this.#writeAll(conn, queries)
    if (!this.#reading) void this.#read(conn)
  }

  #write(conn: DNSConn, query: PacketQuery): void {
    conn.write(query.packet).catch((e: unknown) => {
      // The deadline is there for those who read, and who has not been sent by then has no reply.
      if (!isTimeout(e)) this.#fail(e)
    })
  }

  async #writeAll(conn: DNSConn, queries: readonly PacketQuery[]): Promise<void> {
    let sent = 0
    if (this.#owner.batches && conn.writeBatch !== undefined) {
      try {
        sent = await conn.writeBatch(
          queries.map(({ packet }): Message => ({ buffer: packet, n: 0, addr: null })),
        )
      } catch (e) {
        if (this.#closed || isTimeout(e)) return
        if (!this.#refuses(e)) sent = numberOf(e, 'n') ?? 0
      }
    }
    for (const query of queries.slice(sent)) this.#write(conn, query)
  }

  async #read(conn: DNSConn): Promise<void> {
    this.#reading = true
    const room = rooms.pop() ?? []
    while (this.#waiting.size > 0) {
      try {
        const n = await this.#readInto(conn, room)
        for (const { buffer, n: length } of room.slice(0, n)) this.#deliver(buffer.subarray(0, length))
      } catch (e) {
        if (!isTimeout(e) || !this.#expireWith(conn, e)) this.#fail(e)
      }
    }
    this.#reading = false
    if (rooms.length < MAX_ROOMS) rooms.push(room)
  }

  /** Reads what has come, for as many queries as wait. Gives how many packets there are in `room`. */
  async #readInto(conn: DNSConn, room: Message[]): Promise<number> {
    const batches = conn.readBatch !== undefined && this.#owner.batches
    const wanted = batches ? Math.min(this.#waiting.size, MAX_USES) : 1
    while (room.length < wanted) room.push({ buffer: new Uint8Array(UDP_SIZE), n: 0, addr: null })
    const [first] = room
    if (conn.readBatch !== undefined && wanted > 1) {
      try {
        return await conn.readBatch(room.slice(0, wanted))
      } catch (e) {
        if (!this.#refuses(e)) throw e
      }
    }
    if (first === undefined) return 0
    const n = await conn.read(first.buffer)
    if (n === null) throw new Error('EOF')
    first.n = n
    return 1
  }

  /** Whether an error means that the connection takes no batches: what is no error of the system's is a refusal. */
  #refuses(e: unknown): boolean {
    if (this.#closed || isTimeout(e) || numberOf(e, 'errno') !== undefined) return false
    this.#owner.batches = false
    return true
  }

  #deliver(message: Uint8Array): void {
    const query = this.#waiting.get(((message[0] ?? 0) << 8) | (message[1] ?? 0))
    if (query?.deliver(message)) {
      this.#end(query)
    } else if (++this.#forged === MAX_FORGED) {
      // Anyone can send packets here; what does not fit may be a forgery, and the true reply still on its way.
      this.#retired = true
    }
  }

  // Has the connection give up its read, with an error that tells what was tried; a dial has a time limit of its own.
  #expire(): void {
    this.#conn?.setDeadline(Date.now() - 1)
  }

  /** Ends those whose time is up. False when there is none: then the time-out is the connection's own idea. */
  #expireWith(conn: DNSConn, e: unknown): boolean {
    const now = performance.now()
    let next = Infinity
    let ended = false
    for (const query of [...this.#waiting.values()]) {
      if (query.at > now) {
        next = Math.min(next, query.at)
        continue
      }
      ended = true
      this.#end(query)
      query.failed(e)
    }
    if (ended && !this.#closed) {
      conn.setDeadline(null)
      this.#timer.set(next)
    }
    return ended
  }

  readonly #fail = (e: unknown): void => {
    this.#retired = true
    for (const query of [...this.#waiting.values()]) {
      this.#end(query)
      query.failed(e)
    }
    this.#close()
  }

  #end(query: PacketQuery): void {
    this.#waiting.delete(query.id)
    // A query that was given up is no reason to read on.
    if (this.#waiting.size === 0) {
      this.#timer.clear()
      if (this.#retired || this.#uses >= MAX_USES) this.#close()
    }
    this.#owner.ended(this)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#owner.closed(this)
    this.#timer.clear()
    if (this.#conn === null) this.#dialling.cancel()
    else closeConn(this.#conn)
  }
}

function isTimeout(e: unknown): boolean {
  return e instanceof Error && 'timeout' in e && e.timeout === true
}

function numberOf(e: unknown, key: 'n' | 'errno'): number | undefined {
  const value: unknown = e instanceof Error ? Object.getOwnPropertyDescriptor(e, key)?.value : undefined
  return typeof value === 'number' ? value : undefined
}
