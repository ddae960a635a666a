import type { Cancellation } from './cancellation.ts'
import { closeConn, dialWithin, type Dial, type DNSConn } from './dial.ts'
import { encodeQuery } from './message.ts'
import { lowerASCII } from './name.ts'
import { Parser } from './parser.ts'
import { randomUint32 } from './random.ts'
import { CLASS_IN } from './rr.ts'
import type { PacketQuery } from './packet_socket.ts'
import type { SocketPool } from './socket_pool.ts'
import { DNSMessageError } from './wire_reader.ts'

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
  /** Cancels: the exchange rejects with its reason. */
  readonly cancellation: Cancellation
}

/**
 * Asks one server one question and gives the reply, its question read. Replies that do not belong to the query are
 * passed over on packets, until the time is up. A truncated one is asked for again over TCP.
 */
export async function exchange(
  server: string,
  name: string,
  type: number,
  options: ExchangeOptions,
): Promise<Parser> {
  const query = new Query(name, type, options.trustAD)
  const reply = await query.send(options.useTCP ? 'tcp' : 'udp', server, options)
  return reply.header.truncated && !options.useTCP ? query.send('tcp', server, options) : reply
}

class Query implements PacketQuery {
  readonly id = randomUint32() & 0xffff
  readonly packet: Uint8Array
  readonly #name: string
  readonly #type: number
  readonly #stream: Uint8Array

  constructor(name: string, type: number, ad: boolean) {
    this.#name = lowerASCII(name)
    this.#type = type
    const { stream, packet } = encode(this.id, name, type, ad)
    this.#stream = stream
    this.packet = packet
  }

  send(network: string, server: string, options: ExchangeOptions): Promise<Parser> {
    return network === 'udp' ? this.#sendPacket(server, options) : this.#sendStream('tcp', server, options)
  }

  reply(message: Uint8Array): Parser | null {
    const reply = readReply(message)
    return reply !== null && this.#fits(reply) ? single(reply.parser) : null
  }

  async #sendPacket(server: string, options: ExchangeOptions): Promise<Parser> {
    const { pool, dial, cancellation, timeout } = options
    if (pool.givesStreams(server)) return this.#sendStream('udp', server, options)
    const deadline = Date.now() + timeout
    const outcome = await pool.ask(server, this, dial, timeout, cancellation)
    if (!('stream' in outcome)) return outcome
    const { stream } = outcome
    if (stream === null) return this.#sendStream('udp', server, options)
    return this.#overStream(stream, deadline, cancellation.signal)
  }

  async #sendStream(
    network: string,
    server: string,
    { dial, timeout, cancellation }: ExchangeOptions,
  ): Promise<Parser> {
    const deadline = Date.now() + timeout
    const conn = await dialWithin(dial, network, server, timeout, cancellation)
    return this.#overStream(conn, deadline, cancellation.signal)
  }

  async #overStream(conn: DNSConn, deadline: number, signal: AbortSignal): Promise<Parser> {
    try {
      conn.setDeadline(deadline)
      await conn.write(this.#stream, { signal })
      const size = new Uint8Array(2)
      await readFull(conn, size, signal)
      const message = new Uint8Array(((size[0] ?? 0) << 8) | (size[1] ?? 0))
      await readFull(conn, message, signal)
      const reply = readReply(message)
      if (reply === null) throw new Error('cannot unmarshal DNS message')
      if (!this.#fits(reply)) throw new Error('invalid DNS response')
      return single(reply.parser)
    } finally {
      closeConn(conn)
    }
  }

  #fits({ parser: { header }, name, type, klass }: Reply): boolean {
    if (!header.response || header.id !== this.id) return false
    return type === this.#type && klass === CLASS_IN && lowerASCII(name) === this.#name
  }
}

function single(reply: Parser): Parser {
  if (reply.questionsLeft !== 0) throw new Error('invalid DNS response')
  return reply
}

interface Reply {
  readonly parser: Parser
  readonly name: string
  readonly type: number
  readonly klass: number
}

function readReply(message: Uint8Array): Reply | null {
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

function encode(id: number, name: string, type: number, ad: boolean): ReturnType<typeof encodeQuery> {
  try {
    return encodeQuery(id, name, type, ad)
  } catch (e) {
    throw new Error('cannot marshal DNS message', { cause: e })
  }
}

async function readFull(conn: DNSConn, p: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < p.length;) {
    const n = await conn.read(p.subarray(at), { signal })
    if (n === null) throw new Error(at === 0 ? 'EOF' : 'unexpected EOF')
    at += n
  }
}
