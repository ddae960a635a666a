import type { Cancellable, Cancellation } from './cancellation.ts'
import { closeConn, dialWithin, type Dial, type DNSConn } from './dial.ts'
import { encodeStreamQuery } from '../dns/message.ts'
import { lowerASCII } from '../dns/name.ts'
import type { PacketQuery, PacketSocket } from './packet_socket.ts'
import { Parser } from '../dns/parser.ts'
import { randomUint32 } from '../order/random.ts'
import { CLASS_IN } from '../dns/rr.ts'
import { smallBuffer } from '../dns/slab.ts'
import type { SocketPool } from './socket_pool.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/** How one query is sent. */
export interface ExchangeOptions {
  /** Makes the connection. */
  readonly dial: Dial
  /** Keeps connections of packets for the next query. */
  readonly pool: SocketPool
  /** How long a server may take, in milliseconds; over UDP and then over TCP each. */
  readonly timeout: number
  /** Whether UDP is left out. */
  readonly useTCP: boolean
  /** Whether the query has the AD bit. */
  readonly trustAD: boolean
}

/** Whoever asks: one of the two is called, once, and not before {@link Exchange.begin} has returned. */
export interface Asker {
  /** The reply, its question read. */
  replied(reply: Parser): void
  /** The error of the connection, or the reason of the cancellation. */
  failed(e: unknown): void
}

/**
 * One question to one server. Replies that do not belong to the query are passed over on packets, until the time is up. A
 * truncated one is asked for again over TCP.
 */
export class Exchange implements PacketQuery, Cancellable {
  readonly id = randomUint32() & 0xffff
  readonly packet: Uint8Array
  readonly at: number
  readonly #server: string
  readonly #name: string
  readonly #type: number
  readonly #options: ExchangeOptions
  readonly #cancellation: Cancellation
  readonly #asker: Asker
  readonly #now = performance.now()
  #socket: PacketSocket | null = null

  /** Makes an exchange for a rooted name. Throws when the query cannot be written. */
  constructor(
    server: string,
    name: string,
    type: number,
    options: ExchangeOptions,
    cancellation: Cancellation,
    asker: Asker,
  ) {
    this.#server = server
    this.#name = name
    this.#type = type
    this.#options = options
    this.#cancellation = cancellation
    this.#asker = asker
    this.at = this.#now + options.timeout
    this.packet = this.#encode().subarray(LENGTH_SIZE)
  }

  /** Asks. */
  begin(): void {
    const { pool, dial, timeout, useTCP } = this.#options
    if (useTCP) {
      this.#overTCP()
    } else if (pool.givesStreams(this.#server)) {
      this.#take(this.#dialStream('udp'))
    } else {
      this.#cancellation.add(this)
      this.#socket = pool.ask(this.#server, this, dial, timeout, this.#now)
    }
  }

  deliver(message: Uint8Array): boolean {
    const reply = this.#read(message)
    if (reply === null) return false
    this.#cancellation.delete(this)
    if (reply.questionsLeft !== 0) this.#asker.failed(new Error('invalid DNS response'))
    else if (reply.isTruncated) this.#overTCP()
    else this.#asker.replied(reply)
    return true
  }

  failed(e: unknown): void {
    this.#cancellation.delete(this)
    this.#asker.failed(e)
  }

  streamed(stream: DNSConn | null): void {
    this.#cancellation.delete(this)
    this.#options.pool.gaveStream(this.#server)
    this.#take(stream === null ? this.#dialStream('udp') : this.#overStream(stream, this.at))
  }

  cancelled(reason: Error): void {
    this.#socket?.drop(this)
    this.#asker.failed(reason)
  }

  #overTCP(): void {
    this.#take(this.#dialStream('tcp'))
  }

  #take(reply: Promise<Parser>): void {
    reply.then(
      (parser) => {
        this.#asker.replied(parser)
      },
      (e: unknown) => {
        this.#asker.failed(e)
      },
    )
  }

  #encode(): Uint8Array {
    try {
      return encodeStreamQuery(this.id, this.#name, this.#type, this.#options.trustAD)
    } catch (e) {
      throw new Error('cannot marshal DNS message', { cause: e })
    }
  }

  async #dialStream(network: string): Promise<Parser> {
    const { dial, timeout } = this.#options
    const at = performance.now() + timeout
    return this.#overStream(await dialWithin(dial, network, this.#server, timeout, this.#cancellation), at)
  }

  async #overStream(conn: DNSConn, at: number): Promise<Parser> {
    const { signal } = this.#cancellation
    try {
      conn.setDeadline(Date.now() + (at - performance.now()))
      await conn.write(this.#encode(), { signal })
      const size = new Uint8Array(2)
      await readFull(conn, size, signal)
      const message = new Uint8Array(((size[0] ?? 0) << 8) | (size[1] ?? 0))
      await readFull(conn, message, signal)
      const reply = parse(message)
      if (reply === null) throw new Error('cannot unmarshal DNS message')
      if (!this.#fits(reply) || reply.parser.questionsLeft !== 0) throw new Error('invalid DNS response')
      return reply.parser
    } finally {
      closeConn(conn)
    }
  }

  /** A copy of the message, its question read; null when it is no reply to the query. */
  #read(message: Uint8Array): Parser | null {
    if (!this.#echoes(message)) {
      // The name may be written in another way, as with other letters in capitals.
      const reply = parse(message.slice())
      return reply !== null && this.#fits(reply) ? reply.parser : null
    }
    const copy = smallBuffer(message.length)
    copy.set(message)
    const reply = new Parser(copy)
    reply.passQuestion(this.#name)
    return reply
  }

  /** Whether a message is a reply with a question of the same bytes as the query's, which are behind its counts. */
  #echoes(message: Uint8Array): boolean {
    const query = this.packet
    const end = query.length - OPT_SIZE
    if (message.length < end || ((message[2] ?? 0) & 0x80) === 0 || (message[5] ?? 0) === 0) return false
    if (message[0] !== query[0] || message[1] !== query[1]) return false
    for (let i = HEADER_SIZE; i < end; i++) if (message[i] !== query[i]) return false
    return true
  }

  #fits({ parser: { header }, name, type, klass }: Reply): boolean {
    if (!header.response || header.id !== this.id) return false
    return type === this.#type && klass === CLASS_IN && lowerASCII(name) === lowerASCII(this.#name)
  }
}

const LENGTH_SIZE = 2 // of the length before a message on a stream
const HEADER_SIZE = 12
const OPT_SIZE = 11 // of the record behind a query's question

interface Reply {
  readonly parser: Parser
  readonly name: string
  readonly type: number
  readonly klass: number
}

function parse(message: Uint8Array): Reply | null {
  try {
    const parser = new Parser(message)
    const question = parser.question()
    return question === null
      ? null
      : { parser, name: question.name, type: question.type, klass: question.class }
  } catch (e) {
    if (e instanceof DNSMessageError) return null
    throw e
  }
}

async function readFull(conn: DNSConn, p: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < p.length;) {
    const n = await conn.read(p.subarray(at), { signal })
    if (n === null) throw new Error(at === 0 ? 'EOF' : 'unexpected EOF')
    at += n
  }
}
