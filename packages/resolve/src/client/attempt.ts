import type { IOOptions } from '@net/contract'
import { turnTaken, type Ended } from '@net/io'
import type { Parser } from '../dns/parser.ts'
import type { Outcome, PacketRequest, PooledSocket } from './pooled_socket.ts'
import type { Query } from './query.ts'
import { QueryMessage } from './query_message.ts'
import { closeConn, dialUntil, type DNSConn } from './server_dial.ts'

/**
 * One query to one server. Packets that are no replies to it are passed over, until its time is up. A
 * truncated reply is asked for again over TCP.
 */
export class Attempt implements PacketRequest, Ended {
  readonly server: string
  readonly message: QueryMessage
  readonly start = performance.now()
  readonly end: number
  readonly #query: Query
  #socket: PooledSocket | null = null
  #resolve: (reply: Parser | Promise<Parser>) => void = () => {}
  #reject: (e: unknown) => void = () => {}

  /** Makes an attempt, with EDNS or without. Throws when the query cannot be written. */
  constructor(query: Query, server: string, edns0: boolean) {
    const { name, type, conf } = query
    this.#query = query
    this.server = server
    this.end = this.start + conf.timeout
    this.message = new QueryMessage(name, type, conf.trustAD, edns0)
  }

  /**
   * Asks the server. Gives the reply, its question read; rejects with the error of the connection, or with
   * why the lookup was ended.
   */
  ask(): Promise<Parser> {
    const { conf, ending, means } = this.#query
    if (conf.useTCP) return this.#dialStream('tcp')
    if (means.pool.givesStreams(this.server)) return this.#dialStream('udp')
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      ending.add(this)
      this.#socket = means.pool.ask(this)
    })
  }

  /** Takes what came of asking by packets. */
  done(outcome: Outcome): void {
    const { ending, means } = this.#query
    ending.delete(this)
    if (this.#socket !== null) means.pool.release(this.#socket)
    switch (outcome.kind) {
      case 'error':
        this.#reject(outcome.error)
        break
      case 'stream':
        means.pool.gaveStream(this.server)
        this.#resolve(
          outcome.stream === null ? this.#dialStream('udp') : this.#overStream(outcome.stream, this.end),
        )
        break
      case 'reply':
        if (outcome.reply.questionsLeft !== 0) this.#reject(new Error('invalid DNS response'))
        else this.#resolve(outcome.reply.isTruncated ? this.#dialStream('tcp') : outcome.reply)
    }
  }

  /** Takes the end of the whole lookup. */
  ended(reason: unknown): void {
    this.#socket?.drop(this, reason)
  }

  async #dialStream(network: string): Promise<Parser> {
    const { conf, ending, means } = this.#query
    const end = performance.now() + conf.timeout
    return this.#overStream(await dialUntil(means.dial, network, this.server, end, ending), end)
  }

  async #overStream(conn: DNSConn, end: number): Promise<Parser> {
    const { ending } = this.#query
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
