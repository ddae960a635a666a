import { RRType, type RRData, type RRHeader } from './rr.ts'
import { readData } from './rr_data.ts'
import { uint16At, uint32At, WireReader } from './wire_reader.ts'

/** The first 12 bytes of a message, without the counts (RFC 1035 section 4.1.1). */
export interface DNSHeader {
  /** The number by which a reply is told. */
  readonly id: number
  /** Whether it is a reply. */
  readonly response: boolean
  /** 0 for a query. */
  readonly opcode: number
  /** Whether the server is an authority for the name. */
  readonly authoritative: boolean
  /** Whether records were left out for lack of space. */
  readonly truncated: boolean
  /** Whether the server shall ask others. */
  readonly recursionDesired: boolean
  /** Whether the server does ask others. */
  readonly recursionAvailable: boolean
  /** Whether the server has verified the data (RFC 4035). */
  readonly authenticData: boolean
  /** Whether the server shall not verify the data (RFC 4035). */
  readonly checkingDisabled: boolean
  /** The outcome, the lower four bits of it: {@link RCode}. */
  readonly rcode: number
}

/** Outcomes of queries (RFC 1035 section 4.1.1). */
export const RCode = {
  success: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const

/** What is asked. */
export interface Question {
  /** The name, with a dot at its end. */
  readonly name: string
  /** The number of the type: RRType. */
  readonly type: number
  /** The number of the class. */
  readonly class: number
}

/** The sections of records, in their order. */
export type Section = 'answers' | 'authorities' | 'additionals'

const sections = ['questions', 'answers', 'authorities', 'additionals'] as const

/**
 * Reads a message part by part, in order: what comes first can be had although something behind it is
 * malformed. Every method throws a DNSMessageError for what is.
 *
 *      0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15
 *    +-----------------------------------------------+   0
 *    |                      ID                       |
 *    |QR|  opcode   |AA|TC|RD|RA| Z|AD|CD|   rcode   |
 *    |       questions       |        answers        |   4
 *    |      authorities      |      additionals      |   8
 *    +-----------------------------------------------+  12
 *
 * @example
 * ```ts
 * import { encodeQuery, Parser, RRType } from '@net/resolve'
 *
 * const parser = new Parser(encodeQuery(1, 'example.com.', RRType.A, false).packet)
 * console.log(parser.question()?.name, parser.next('answers')) // example.com. null
 * ```
 */
export class Parser {
  readonly #reader: WireReader
  readonly #bits: number
  // How many questions, or records, of each section were not read yet.
  readonly #left: [number, number, number, number]
  #section = 0
  // The type and the length of the content that is to be read next; -1 when there is none.
  #type = 0
  #length = -1

  /** Begins to read a message, which is not copied: it must not change until reading is done. */
  constructor(message: Uint8Array) {
    const r = new WireReader(message)
    this.#reader = r
    r.skip(12)
    this.#bits = uint16At(message, 2)
    this.#left = [uint16At(message, 4), uint16At(message, 6), uint16At(message, 8), uint16At(message, 10)]
  }

  /** The message's header. */
  get header(): DNSHeader {
    const bits = this.#bits
    return {
      id: uint16At(this.#reader.bytes, 0),
      response: (bits & 0x8000) !== 0,
      opcode: (bits >> 11) & 0xf,
      authoritative: (bits & 0x400) !== 0,
      truncated: this.isTruncated,
      recursionDesired: (bits & 0x100) !== 0,
      recursionAvailable: (bits & 0x80) !== 0,
      authenticData: (bits & 0x20) !== 0,
      checkingDisabled: (bits & 0x10) !== 0,
      rcode: this.rcode,
    }
  }

  /** The outcome, as the header has it: {@link RCode}. */
  get rcode(): number {
    return this.#bits & 0xf
  }

  /** Whether records were left out for lack of space, as the header says. */
  get isTruncated(): boolean {
    return (this.#bits & 0x200) !== 0
  }

  /** How many questions have not been read. */
  get questionsLeft(): number {
    return this.#left[0]
  }

  /** Whether there are additional records that were not read yet, as the header says. */
  get hasAdditionals(): boolean {
    return this.#left[3] > 0
  }

  /**
   * Whether the OPT record of EDNS, which belongs to the additional records, is the first answer. Only once
   * the questions are read, and no record.
   */
  get hasOPTAnswer(): boolean {
    const { bytes, offset } = this.#reader
    const type = ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0)
    return this.#left[1] > 0 && bytes[offset] === 0 && type === RRType.OPT
  }

  /** The next question, or null after the last. */
  question(): Question | null {
    const left = this.questionsLeft
    if (this.#section > 0 || left === 0) return null
    const r = this.#reader
    const question = { name: r.name(), type: r.uint16(), class: r.uint16() }
    this.#left[0] = left - 1
    return question
  }

  /**
   * Passes over the next question, if there is one, which has been found to be for this name, written without pointers in
   * `length` bytes. For resolvers.
   */
  passQuestion(name: string, length: number): void {
    if (this.#left[0] === 0) return
    this.#reader.passName(name, length)
    this.#reader.skip(4)
    this.#left[0]--
  }

  /** The header of the next record of a section, or null after the last. Passes over what comes before it. */
  next(section: Section): RRHeader | null {
    const index = sections.indexOf(section)
    while (this.#section < index) this.#skipSection()
    if (this.#length >= 0) this.#skipData()
    const left = this.#left[index] ?? 0
    if (this.#section > index || left === 0) return null
    const r = this.#reader
    const { bytes } = r
    const name = r.name()
    const at = r.skip(10)
    const type = uint16At(bytes, at)
    const header = { name, type, class: uint16At(bytes, at + 2), ttl: uint32At(bytes, at + 4) }
    this.#length = uint16At(bytes, at + 8)
    this.#type = type
    this.#left[index] = left - 1
    return header
  }

  /** The content of the record whose header was read last; once for each record. */
  data(): RRData {
    const r = this.#reader
    const start = r.offset
    const data = readData(r, this.#type, this.#length)
    r.offset = start + this.#length
    this.#length = -1
    return data
  }

  /** Another parser at the same place. */
  clone(): Parser {
    const copy = new Parser(this.#reader.bytes)
    copy.#reader.takeUp(this.#reader)
    for (const i of [0, 1, 2, 3] as const) copy.#left[i] = this.#left[i]
    copy.#section = this.#section
    copy.#length = this.#length
    copy.#type = this.#type
    return copy
  }

  #skipData(): void {
    this.#reader.skip(this.#length)
    this.#length = -1
  }

  #skipSection(): void {
    const r = this.#reader
    if (this.#length >= 0) this.#skipData()
    for (let n = this.#left[this.#section] ?? 0; n > 0; n--) {
      r.skipName()
      r.skip(4)
      if (this.#section > 0) {
        r.skip(4)
        r.skip(r.uint16())
      }
    }
    this.#section++
  }
}
