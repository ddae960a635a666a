import type { IOOptions } from '@net/contract'
import { turnTaken, type Ended } from '@net/io'
import type { Parser } from '../dns/parser.ts'
import type { PacketRequest, PooledSocket } from './pooled_socket.ts'
import type { Query } from './query.ts'
import { QueryMessage } from './query_message.ts'
import { closeConn, dialUntil, type DNSConn } from './server_dial.ts'

/** Who makes an attempt, and is told what came of it: by one call, and never before {@link Attempt.ask} has returned. */
export interface Attempting {
  /** What is asked. */
  readonly query: Query
  /** Takes the reply, its question read. */
  replied(reply: Parser): void
  /** Takes the error of the connection, or anything after the lookup was ended. */
  failed(error: unknown): void
}

/**
 * One query to one server. Packets that are no replies to it are passed over, until its time is up. A
 * truncated reply is asked for again over TCP.
 */
export class Attempt implements PacketRequest, Ended {
  readonly server: string
  readonly message: QueryMessage
  readonly start = performance.now()
  readonly end: number
  readonly #by: Attempting
  #socket: PooledSocket | null = null

  /** Makes an attempt, with EDNS or without. Throws when the query cannot be written. */
  constructor(by: Attempting, server: string, edns0: boolean) {
    const { name, type, conf, means } = by.query
    this.#by = by
    this.server = server
    this.end = this.start + conf.timeout
    this.message = new QueryMessage(means.random.uint32() & 0xffff, name, type, conf.trustAD, edns0)
  }

  /** Asks the server. Throws when no socket can be made. */
  ask(): void {
    const { conf, ending, means } = this.#by.query
    if (conf.useTCP) {
      this.#take(this.#dialStream('tcp'))
    } else if (means.pool.givesStreams(this.server)) {
      this.#take(this.#dialStream('udp'))
    } else {
      this.#socket = means.pool.ask(this)
      ending.add(this)
    }
  }

  replied(reply: Parser): void {
    this.#release()
    if (reply.questionsLeft !== 0) this.#by.failed(new Error('invalid DNS response'))
    else if (reply.isTruncated) this.#take(this.#dialStream('tcp'))
    else this.#by.replied(reply)
  }

  failed(error: unknown): void {
    this.#release()
    this.#by.failed(error)
  }

  gaveStream(stream: DNSConn | null): void {
    this.#release()
    this.#by.query.means.pool.gaveStream(this.server)
    this.#take(stream === null ? this.#dialStream('udp') : this.#overStream(stream, this.end))
  }

  /** Takes the end of the whole lookup. */
  ended(reason: unknown): void {
    this.#socket?.drop(this, reason)
  }

  /** Gives the socket back. */
  #release(): void {
    const { ending, means } = this.#by.query
    ending.delete(this)
    if (this.#socket !== null) means.pool.release(this.#socket)
  }

  #take(reply: Promise<Parser>): void {
    reply.then(
      (parser) => {
        this.#by.replied(parser)
      },
      (e: unknown) => {
        this.#by.failed(e)
      },
    )
  }

  async #dialStream(network: string): Promise<Parser> {
    const { conf, ending, means } = this.#by.query
    const end = performance.now() + conf.timeout
    return this.#overStream(await dialUntil(means.dial, network, this.server, end, ending), end)
  }

  async #overStream(conn: DNSConn, end: number): Promise<Parser> {
    const { ending } = this.#by.query
    try {
      conn.setDeadline(Date.now() + (end - performance.now()))
      await conn.write(this.message.stream, ending)
      const size = new Uint8Array(2)
      await readFull(conn, size, ending)
      const message = new Uint8Array(((size[0] ?? 0) << 8) | (size[1] ?? 0))
      await readFull(conn, message, ending)
      return this.message.readStream(message)
    } finally {
      closeConn(conn)
    }
  }
}

async function readFull(conn: DNSConn, p: Uint8Array, options: IOOptions): Promise<void> {
  for (let at = 0; at < p.byteLength;) {
    const n = await conn.read(p.subarray(at), options)
    if (n === null) throw new Error(at === 0 ? 'EOF' : 'unexpected EOF')
    at += n
    const turn = turnTaken() // A server may send byte by byte.
    if (turn !== null) await turn
  }
}
