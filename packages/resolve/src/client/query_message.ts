import {
  encodePacketQuery,
  HEADER_SIZE,
  OPT_SIZE,
  TYPE_AND_CLASS_SIZE,
  UDP_SIZE,
  withLength,
} from '../dns/message.ts'
import { Parser, RCode } from '../dns/parser.ts'
import { smallBuffer } from '../dns/slab.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

const { Buffer } = process.getBuiltinModule('node:buffer')

/**
 * A query as it is sent, and the rule by which its replies are told from
 * forgeries.
 */
export class QueryMessage {
  /** Its number, of 16 bits. */
  readonly id: number
  /** The message, as packets carry it. */
  readonly packet: Uint8Array
  /** The offset at which its question ends, and that of a reply. */
  readonly questionEnd: number
  readonly #name: string

  /**
   * Writes the query for a rooted name, under a random id; `ad` asks for the AD bit, `edns0` for an OPT record. Throws when
   * the name does not fit a message.
   */
  constructor(id: number, name: string, type: number, ad: boolean, edns0: boolean) {
    this.id = id
    this.#name = name
    try {
      this.packet = encodePacketQuery(id, name, type, ad, edns0)
    } catch (e) {
      throw new Error('cannot marshal DNS message', { cause: e })
    }
    this.questionEnd = this.packet.byteLength - (edns0 ? OPT_SIZE : 0)
  }

  /** The message with its length before it, as streams carry it. */
  get stream(): Uint8Array {
    return withLength(this.packet)
  }

  /** A copy of the reply in the first `length` of `bytes`, its question read. */
  readPacket(bytes: Uint8Array, length: number): Parser {
    const copy = smallBuffer(length)
    copy.set(bytes.subarray(0, length))
    // A packet larger than was asked for did not fit the buffer that it was read into, so its end is missing.
    if (length > UDP_SIZE) copy[2] = byteAt(copy, 2) | 0x02
    const reply = new Parser(copy)
    reply.passQuestion(this.#name, this.#nameLength)
    return reply
  }

  /**
   * The only message of a stream, its question read; it is not copied. Throws for what is no reply to this
   * query.
   */
  readStream(message: Uint8Array): Parser {
    if (!this.isAnsweredBy(message, message.byteLength))
      throw new Error(hasQuestion(message) ? 'invalid DNS response' : 'cannot unmarshal DNS message')
    const reply = new Parser(message)
    reply.passQuestion(this.#name, this.#nameLength)
    if (reply.questionsLeft !== 0) throw new Error('invalid DNS response')
    return reply
  }

  /** How many bytes the name of the question takes. */
  get #nameLength(): number {
    return this.questionEnd - HEADER_SIZE - TYPE_AND_CLASS_SIZE
  }

  /**
   * Whether a message is a reply with this id, and with the bytes of the query's question behind its
   * header, the case of letters aside. Servers that could not read the query may leave the question out.
   */
  isAnsweredBy(message: Uint8Array, length: number): boolean {
    const sent = this.packet
    if (length < HEADER_SIZE || (byteAt(message, 2) & 0x80) === 0) return false
    if (message[0] !== sent[0] || message[1] !== sent[1]) return false
    if (message[4] === 0 && message[5] === 0) return refusals.has(byteAt(message, 3) & 0xf)
    const end = this.questionEnd
    if (length < end) return false
    const asked = sent.subarray(HEADER_SIZE, end)
    const answered = message.subarray(HEADER_SIZE, end)
    return Buffer.compare(answered, asked) === 0 || isSameQuestion(answered, asked)
  }
}

/** Outcomes of queries that a server could not, or would not, read. */
const refusals: ReadonlySet<number> = new Set([RCode.formatError, RCode.notImplemented])

function byteAt(bytes: Uint8Array, i: number): number {
  return bytes[i] ?? 0
}

/** Whether two questions of the same length are the same but for the case of letters in their names. */
function isSameQuestion(a: Uint8Array, b: Uint8Array): boolean {
  const nameEnd = a.byteLength - TYPE_AND_CLASS_SIZE
  return a.every((byte, i) => byte === b[i] || (i < nameEnd && isSameLetter(byte, b[i] ?? 0)))
}

function isSameLetter(a: number, b: number): boolean {
  const lower = a | 0x20
  return lower === (b | 0x20) && lower >= 97 && lower <= 122
}

/** Whether a message has a question that can be read. */
function hasQuestion(message: Uint8Array): boolean {
  try {
    return new Parser(message).question() !== null
  } catch (e) {
    if (e instanceof DNSMessageError) return false
    throw e
  }
}
