import { Parser, type Question } from '../dns/parser.ts'
import { encodeStreamQuery } from '../dns/message.ts'
import { lowerASCII } from '../dns/name.ts'
import { CLASS_IN } from '../dns/rr.ts'
import { smallBuffer } from '../dns/slab.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'
import { randomUint32 } from '../order/random.ts'

const LENGTH_SIZE = 2 // of the length before a message on a stream
const HEADER_SIZE = 12
const OPT_SIZE = 11 // of the record behind a query's question

/** A query as it is sent, under an id taken at random, and the rule by which its replies are told from forgeries. */
export class QueryMessage {
  /** Its number, of 16 bits. */
  readonly id = randomUint32() & 0xffff
  /** The message with its length before it, as streams carry it. */
  readonly stream: Uint8Array
  readonly #name: string
  readonly #type: number

  /** Writes the query for a rooted name; `ad` asks for the AD bit. Throws when the name does not fit a message. */
  constructor(name: string, type: number, ad: boolean) {
    this.#name = name
    this.#type = type
    try {
      this.stream = encodeStreamQuery(this.id, name, type, ad)
    } catch (e) {
      throw new Error('cannot marshal DNS message', { cause: e })
    }
  }

  /** The message alone, as packets carry it. */
  get packet(): Uint8Array {
    return this.stream.subarray(LENGTH_SIZE)
  }

  /** A copy of a packet, its question read; null when it is no reply to this query. */
  readPacket(packet: Uint8Array): Parser | null {
    // Most servers repeat the question byte for byte, which takes less time to see than to parse.
    if (!this.#echoedIn(packet)) {
      const parsed = parse(packet.slice())
      return parsed !== null && this.#fits(parsed) ? parsed.reply : null
    }
    const copy = smallBuffer(packet.byteLength)
    copy.set(packet)
    const reply = new Parser(copy)
    reply.passQuestion(this.#name)
    return reply
  }

  /** The only message of a stream, its question read; it is not copied. Throws for what is no reply to this query. */
  readStream(message: Uint8Array): Parser {
    const parsed = parse(message)
    if (parsed === null) throw new Error('cannot unmarshal DNS message')
    if (!this.#fits(parsed) || parsed.reply.questionsLeft !== 0) throw new Error('invalid DNS response')
    return parsed.reply
  }

  /** Whether a message answers this query; the name may have other letters in capitals. */
  #fits({ reply: { header }, question: { name, type, class: klass } }: Parsed): boolean {
    if (!header.response || header.id !== this.id) return false
    return type === this.#type && klass === CLASS_IN && lowerASCII(name) === lowerASCII(this.#name)
  }

  /** Whether a message is a reply with the very bytes of the query's question, which follow the counts. */
  #echoedIn(message: Uint8Array): boolean {
    const sent = this.stream
    const end = sent.byteLength - LENGTH_SIZE - OPT_SIZE
    if (message.byteLength < end || ((message[2] ?? 0) & 0x80) === 0 || (message[5] ?? 0) === 0) return false
    if (message[0] !== sent[LENGTH_SIZE] || message[1] !== sent[LENGTH_SIZE + 1]) return false
    for (let i = HEADER_SIZE; i < end; i++) if (message[i] !== sent[LENGTH_SIZE + i]) return false
    return true
  }
}

interface Parsed {
  readonly reply: Parser
  readonly question: Question
}

/** Reads the first question of a message; null when it has none or is malformed. */
function parse(message: Uint8Array): Parsed | null {
  try {
    const reply = new Parser(message)
    const question = reply.question()
    return question === null ? null : { reply, question }
  } catch (e) {
    if (e instanceof DNSMessageError) return null
    throw e
  }
}
