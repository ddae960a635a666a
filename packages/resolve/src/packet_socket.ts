import { Cancellation } from './cancellation.ts'
import { closeConn, dialWithin, type Dial, type DNSConn } from './dial.ts'
import { UDP_SIZE } from './message.ts'
import type { Parser } from './parser.ts'

// A source port serves this many queries, and this many milliseconds, at most: then it is another one's turn, so that
// whoever wants to forge a reply has to guess it anew.
const MAX_USES = 16
const MAX_AGE = 1000

// Buffers to read to, for the next socket that reads: as many as ever read at once.
const buffers: Uint8Array[] = []

/** A query for a connection of packets. */
export interface PacketQuery {
  /** Its number, of 16 bits. */
  readonly id: number
  /** The message. */
  readonly packet: Uint8Array
  /** Reads a message with the query's id; null when it is no reply to it. Throws for a reply of no use. */
  reply(message: Uint8Array): Parser | null
}

/** What came of a query: the reply; or, where the dial gave a stream, the stream, null for all but the first to ask. */
export type Outcome = Parser | { readonly stream: DNSConn | null }

interface Waiting {
  readonly query: PacketQuery
  readonly at: number
  readonly end: () => void
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (e: unknown) => void
}

/**
 * A connection of packets to a server, for several queries at once: replies find their queries by id, and what fits none
 * is passed over. It is dialled at once and, after {@link retire}, closed when nobody waits any more.
 */
export class PacketSocket {
  readonly #waiting = new Map<number, Waiting>()
  readonly #dialling = new Cancellation()
  readonly #until = performance.now() + MAX_AGE
  readonly #together: number
  #conn: DNSConn | null = null
  #uses = 0
  #reading = false
  #retired = false
  #closed = false
  #armed = Infinity // the moment for which the connection's deadline is set

  /** Whether a pool has it in its list; the pool's own mark. */
  listed = false

  /** Dials a server; `timeout` is in milliseconds, `shared` tells whether it takes several queries at once. */
  constructor(server: string, dial: Dial, timeout: number, shared: boolean) {
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
  takes(id: number): boolean {
    if (!this.hasRoom || this.#waiting.has(id)) return false
    const now = performance.now()
    return now < this.#until && now < this.#armed
  }

  /** Asks, and gives up at the moment `at` on the monotonic clock or with the reason of the cancellation. */
  ask(query: PacketQuery, at: number, cancellation: Cancellation): Promise<Outcome> {
    this.#uses++
    return new Promise((resolve, reject) => {
      const abort = (reason: Error): void => {
        this.#end(waiting)
        reject(reason)
      }
      const end = (): void => {
        cancellation.delete(abort)
      }
      const waiting: Waiting = { query, at, end, resolve, reject }
      this.#waiting.set(query.id, waiting)
      cancellation.add(abort)
      if (this.#conn !== null) this.#send(this.#conn, waiting)
    })
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
      let stream: DNSConn | null = conn
      for (const waiting of [...this.#waiting.values()]) {
        this.#end(waiting)
        waiting.resolve({ stream })
        stream = null
      }
    } else {
      this.#conn = conn
      for (const waiting of [...this.#waiting.values()]) this.#send(conn, waiting)
    }
  }

  #send(conn: DNSConn, waiting: Waiting): void {
    if (waiting.at < this.#armed) this.#arm(conn, waiting.at)
    conn.write(waiting.query.packet).catch((e: unknown) => {
      this.#fail(e)
    })
    if (!this.#reading) void this.#read(conn)
  }

  #arm(conn: DNSConn, at: number): void {
    this.#armed = at
    conn.setDeadline(Date.now() + (at - performance.now()))
  }

  async #read(conn: DNSConn): Promise<void> {
    this.#reading = true
    const buffer = buffers.pop() ?? new Uint8Array(UDP_SIZE)
    while (this.#waiting.size > 0) {
      try {
        const n = await conn.read(buffer)
        if (n === null) throw new Error('EOF')
        this.#deliver(buffer.slice(0, n))
      } catch (e) {
        if (isTimeout(e)) this.#expire(conn, e)
        else this.#fail(e)
      }
    }
    this.#reading = false
    buffers.push(buffer)
  }

  #deliver(message: Uint8Array): void {
    const [high = 0, low = 0] = message
    const waiting = this.#waiting.get((high << 8) | low)
    if (waiting === undefined) return
    try {
      const reply = waiting.query.reply(message)
      // Anyone can send packets here; what does not fit may be a forgery, and the true reply still on its way.
      if (reply === null) return
      this.#end(waiting)
      waiting.resolve(reply)
    } catch (e) {
      this.#end(waiting)
      waiting.reject(e)
    }
  }

  /** Ends those whose time is up; all, when it is the connection's own idea of time. */
  #expire(conn: DNSConn, e: unknown): void {
    const now = performance.now() + 1 // deadlines are kept in milliseconds
    if (now < this.#armed) {
      this.#fail(e)
      return
    }
    let next = Infinity
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.at > now) {
        next = Math.min(next, waiting.at)
      } else {
        this.#end(waiting)
        waiting.reject(e)
      }
    }
    if (next !== Infinity) this.#arm(conn, next)
  }

  #fail(e: unknown): void {
    this.#retired = true
    for (const waiting of [...this.#waiting.values()]) {
      this.#end(waiting)
      waiting.reject(e)
    }
    this.#close()
  }

  #end(waiting: Waiting): void {
    waiting.end()
    this.#waiting.delete(waiting.query.id)
    // A query that was given up is no reason to read on.
    if (this.#waiting.size === 0 && (this.#retired || this.#uses >= MAX_USES)) this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#conn === null) this.#dialling.cancel()
    else closeConn(this.#conn)
  }
}

function isTimeout(e: unknown): boolean {
  return e instanceof Error && 'timeout' in e && e.timeout === true
}
