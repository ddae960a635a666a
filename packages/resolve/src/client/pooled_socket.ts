import { ErrDeadlineExceeded, OpError, type Message, isError } from '@net/contract'
import { DeadlineTimer, turnTaken } from '@net/io'
import type { Parser } from '../dns/parser.ts'
import { UDP_SIZE } from '../dns/message.ts'
import type { QueryMessage } from './query_message.ts'
import {
  closeConn,
  DialScope,
  dialTimedOut,
  serverAddr,
  type DNSConn,
  type ServerDial,
} from './server_dial.ts'

// A source port serves this many queries, and for this many milliseconds, at most. The next queries come
// from another port, so that whoever wants to forge a reply has to guess it anew. The same holds for a port
// that received this many packets that were no replies.
const MAX_USES = 16
const MAX_AGE = 1000
const MAX_FORGED = 16

// One byte more than is asked for shows that a packet was larger, and has been cut.
const BUFFER_SIZE = UDP_SIZE + 1

// The buffers of closed sockets are kept for the next ones, but not all that a burst of lookups needed.
const MAX_KEPT_BUFFERS = 64
const keptBuffers: Message[][] = []

const settled = Promise.resolve()

/** What comes of asking by packets. */
export type Outcome =
  | { readonly kind: 'reply'; readonly reply: Parser }
  | { readonly kind: 'error'; readonly error: unknown }
  /**
   * The dial gave a stream. One of the queries that wait gets it, and has to close it; the others get null.
   */
  | { readonly kind: 'stream'; readonly stream: DNSConn | null }

/** A query that is to be sent as a packet. */
export interface PacketRequest {
  /** The server as host:port. */
  readonly server: string
  /** What is sent. */
  readonly message: QueryMessage
  /** When it was made, on the monotonic clock. */
  readonly start: number
  /** When it is given up, on the monotonic clock. */
  readonly end: number
  /** Takes what came of it: called once, and never before the call that asks has returned. */
  done(outcome: Outcome): void
}

/** How the sockets of a pool work; they share this object. */
export interface SocketMeans {
  /** Makes the connections. */
  readonly dial: ServerDial
  /** Whether several queries may wait on one connection. */
  readonly shared: boolean
  /**
   * Whether connections are believed to take batches; a socket whose connection refuses one sets it to
   * false.
   */
  batches: boolean
}

/**
 * A connection of packets to a server, for several queries at once: replies find their queries by id, and
 * what fits none is passed over. It is dialled at once and, after {@link retire}, closed when no query
 * waits any more.
 */
export class PooledSocket {
  /** The server it was dialled to. */
  readonly server: string
  readonly #means: SocketMeans
  readonly #waiting = new Map<number, PacketRequest>()
  readonly #dialling: DialScope
  readonly #until: number
  readonly #together: number
  readonly #timer = new DeadlineTimer(() => {
    this.#expire()
  })
  #unsent: PacketRequest[] = []
  #conn: DNSConn | null = null
  #uses = 0
  #forged = 0
  #reading = false
  #retired = false
  #closed = false

  /** Whether a pool has it in its list of sockets with room; the pool's own mark. */
  listed = false

  /** Dials the server of a request, which is yet to be asked. */
  constructor(means: SocketMeans, { server, start, end }: PacketRequest) {
    this.#means = means
    this.server = server
    this.#until = start + MAX_AGE
    this.#together = means.shared ? MAX_USES : 1
    this.#dialling = new DialScope(undefined, end, false)
    void this.#dial()
  }

  /** Whether it is closed, or was found to be a stream. */
  get isClosed(): boolean {
    return this.#closed
  }

  /** Whether it can take one more query, if its id is a new one. */
  get hasRoom(): boolean {
    return !this.#retired && !this.#closed && this.#uses < MAX_USES && this.#waiting.size < this.#together
  }

  /** Whether it can take a query with this id now. */
  takes(id: number, now: number): boolean {
    return this.hasRoom && !this.#waiting.has(id) && now < this.#until
  }

  /** Whether it can take a query with this id beyond its share, when no other socket may be opened. */
  takesBeyondShare(id: number): boolean {
    return !this.#closed && this.#forged < MAX_FORGED && !this.#waiting.has(id)
  }

  /** Sends a query, together with those that are asked in the same turn. */
  ask(request: PacketRequest): void {
    this.#uses++
    this.#waiting.set(request.message.id, request)
    if (request.end < this.#timer.at) this.#timer.set(request.end)
    if (this.#unsent.push(request) > 1 || this.#conn === null) return
    // A reaction of a promise and not queueMicrotask(), as Node makes an object of its own kind for each of those.
    void settled.then(() => {
      this.#flush()
    })
  }

  /** Ends a query that waits here with an error. */
  drop(request: PacketRequest, error: unknown): void {
    if (this.#waiting.get(request.message.id) === request) this.#settle(request, { kind: 'error', error })
  }

  /** Takes no query any more, and closes when those under way are done. */
  retire(): void {
    this.#retired = true
    if (this.#waiting.size === 0) this.#close()
  }

  async #dial(): Promise<void> {
    try {
      this.#connected(await this.#means.dial('udp', this.server, this.#dialling))
    } catch (e) {
      await Promise.resolve() // The dial may have thrown at once, when the request did not wait here yet.
      this.#fail(e)
    }
  }

  #connected(conn: DNSConn): void {
    if (this.#closed) {
      closeConn(conn)
    } else if (conn.readFrom === undefined) {
      this.#closed = true
      let stream: DNSConn | null = conn
      for (const request of [...this.#waiting.values()]) {
        this.#settle(request, { kind: 'stream', stream })
        stream = null
      }
      if (stream !== null) closeConn(stream)
    } else {
      this.#conn = conn
      this.#flush()
    }
  }

  #flush(): void {
    const conn = this.#conn
    const requests = this.#unsent
    if (conn === null || this.#closed) return
    this.#unsent = []
    const first = requests[0]
    if (first !== undefined && requests.length === 1) this.#write(conn, first)
    else void this.#writeAll(conn, requests)
    if (!this.#reading) void this.#read(conn)
  }

  #write(conn: DNSConn, { message }: PacketRequest): void {
    conn.write(message.packet).catch((e: unknown) => {
      this.#fail(e)
    })
  }

  async #writeAll(conn: DNSConn, requests: readonly PacketRequest[]): Promise<void> {
    let sent = 0
    if (this.#means.batches && conn.writeBatch !== undefined) {
      try {
        sent = await conn.writeBatch(
          requests.map(({ message }): Message => ({ buffer: message.packet, n: 0, addr: null })),
        )
      } catch (e) {
        if (this.#closed) return
        if (!this.#refuses(e)) sent = numberOf(e, 'n') ?? 0
      }
    }
    for (const request of requests.slice(sent)) this.#write(conn, request)
  }

  async #read(conn: DNSConn): Promise<void> {
    this.#reading = true
    const messages = keptBuffers.pop() ?? []
    while (this.#waiting.size > 0) {
      try {
        const count = await this.#readInto(conn, messages)
        for (let i = 0; i < count; i++) this.#deliver(messages[i])
      } catch (e) {
        this.#fail(e)
      }
      const turn = turnTaken() // Anyone can send packets here, and without end.
      if (turn !== null) await turn
    }
    this.#reading = false
    if (keptBuffers.length < MAX_KEPT_BUFFERS) keptBuffers.push(messages)
  }

  /** Reads what has come, for as many queries as wait. Gives how many packets there are in `messages`. */
  async #readInto(conn: DNSConn, messages: Message[]): Promise<number> {
    const batches = conn.readBatch !== undefined && this.#means.batches
    const wanted = batches ? Math.min(this.#waiting.size, MAX_USES) : 1
    while (messages.length < wanted) messages.push({ buffer: new Uint8Array(BUFFER_SIZE), n: 0, addr: null })
    const first = messages[0]
    if (conn.readBatch !== undefined && wanted > 1) {
      try {
        return await conn.readBatch(messages.slice(0, wanted))
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

  /**
   * Whether an error means that the connection takes no batches: an error without a number of the system's
   * does.
   */
  #refuses(e: unknown): boolean {
    if (this.#closed || isTimeout(e) || numberOf(e, 'errno') !== undefined) return false
    this.#means.batches = false
    return true
  }

  #deliver(message: Message | undefined): void {
    if (message === undefined) return
    const packet = message.buffer.subarray(0, message.n)
    const request = this.#waiting.get(((packet[0] ?? 0) << 8) | (packet[1] ?? 0))
    const reply = request?.message.readPacket(packet) ?? null
    if (request !== undefined && reply !== null) {
      this.#settle(request, { kind: 'reply', reply })
    } else if (++this.#forged === MAX_FORGED) {
      // Anyone can send packets here: this one may be a forgery, and the true reply still on its way.
      this.#retired = true
    }
  }

  /** Ends the queries whose time is up. The read goes on: its next packet may be for another query. */
  #expire(): void {
    if (this.#conn === null) {
      this.#fail(dialTimedOut('udp', this.server))
      return
    }
    const { localAddr = null, remoteAddr } = this.#conn
    const now = performance.now()
    let next = Infinity
    for (const request of [...this.#waiting.values()]) {
      if (request.end > now) {
        next = Math.min(next, request.end)
        continue
      }
      const server = remoteAddr ?? serverAddr('udp', this.server)
      const error = new OpError('read', 'udp', localAddr, server, ErrDeadlineExceeded)
      this.#settle(request, { kind: 'error', error })
    }
    if (!this.#closed) this.#timer.set(next)
  }

  #fail(error: unknown): void {
    this.#close()
    for (const request of [...this.#waiting.values()]) this.#settle(request, { kind: 'error', error })
  }

  #settle(request: PacketRequest, outcome: Outcome): void {
    this.#waiting.delete(request.message.id)
    if (this.#waiting.size === 0) {
      this.#timer.clear()
      if (this.#retired || this.#uses >= MAX_USES) this.#close()
    }
    request.done(outcome)
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer.clear()
    if (this.#conn === null) this.#dialling.end(new Error('no query waits for the connection any more'))
    else closeConn(this.#conn)
  }
}

function isTimeout(e: unknown): boolean {
  return isError(e) && 'timeout' in e && e.timeout === true
}

function numberOf(e: unknown, key: 'n' | 'errno'): number | undefined {
  const value: unknown = isError(e) ? Object.getOwnPropertyDescriptor(e, key)?.value : undefined
  return typeof value === 'number' ? value : undefined
}
