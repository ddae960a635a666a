import { Parser, type DNSHeader, type Question, type Section } from './parser.ts'
import { CLASS_IN, RRType, type RR } from './rr.ts'
import { writeData } from './rr_data.ts'
import { smallBuffer } from './slab.ts'
import { putName, WireWriter } from './wire_writer.ts'

/** A DNS message. */
export interface DNSMessage extends DNSHeader {
  /** What is asked. */
  readonly questions: readonly Question[]
  /** The answers. */
  readonly answers: readonly RR[]
  /** The servers that know. */
  readonly authorities: readonly RR[]
  /** What may be of use, and the OPT record of EDNS. */
  readonly additionals: readonly RR[]
}

/** The largest UDP reply that is asked for, in bytes (DNS flag day 2020). */
export const UDP_SIZE = 1232

/**
 * Reads a message. Bytes behind it are not looked at. Throws a {@link DNSMessageError} when it is malformed.
 *
 * @example
 * ```ts
 * import { decodeDNSMessage, encodeQuery, RRType } from '@net/resolve'
 *
 * const { packet } = encodeQuery(1, 'example.com.', RRType.A, false)
 * const query = decodeDNSMessage(packet)
 * console.log(query.questions[0]?.name, query.additionals[0]?.data.kind) // example.com. OPT
 * ```
 */
export function decodeDNSMessage(bytes: Uint8Array): DNSMessage {
  const p = new Parser(bytes)
  const questions: Question[] = []
  for (let q = p.question(); q !== null; q = p.question()) questions.push(q)
  const section = (name: Section): RR[] => {
    const records: RR[] = []
    for (let h = p.next(name); h !== null; h = p.next(name)) records.push({ ...h, data: p.data() })
    return records
  }
  const answers = section('answers')
  const authorities = section('authorities')
  return { ...p.header, questions, answers, authorities, additionals: section('additionals') }
}

/**
 * Writes a message, with names compressed. The bytes belong to the caller. Throws a {@link DNSMessageError}
 * for what does not fit the format: names that do not end with a dot or are too long, strings over 255
 * bytes, more than 65535 in all.
 *
 * @example
 * ```ts
 * import { decodeDNSMessage, encodeDNSMessage, encodeQuery, RCode, RRType } from '@net/resolve'
 *
 * const { packet } = encodeQuery(1, 'example.com.', RRType.A, false)
 * const query = decodeDNSMessage(packet)
 * const reply = encodeDNSMessage({ ...query, response: true, rcode: RCode.nameError })
 * console.log(decodeDNSMessage(reply).rcode) // 3
 * ```
 */
export function encodeDNSMessage(message: DNSMessage): Uint8Array<ArrayBuffer> {
  const w = new WireWriter()
  writeMessage(w, message)
  return w.finish()
}

function writeMessage(w: WireWriter, message: DNSMessage): void {
  const { questions, answers, authorities, additionals } = message
  w.uint16(message.id)
  w.uint16(headerBits(message))
  for (const section of [questions, answers, authorities, additionals]) w.uint16(section.length)
  for (const q of questions) {
    w.name(q.name, true)
    w.uint16(q.type)
    w.uint16(q.class)
  }
  for (const record of [...answers, ...authorities, ...additionals]) {
    w.name(record.name, true)
    w.uint16(record.type)
    w.uint16(record.class)
    w.uint32(record.ttl)
    w.sized(() => {
      writeData(w, record.data)
    })
  }
}

/**
 * The query of a stub resolver: recursion desired, the AD bit when `ad` is true, EDNS with {@link UDP_SIZE}
 * unless `edns0` is false. It has its length in two bytes before it, for streams; what is sent as a packet
 * begins behind them. In the name, which must end with a dot, a backslash and three decimal digits stand
 * for a byte. Throws a {@link DNSMessageError} for a name that does not fit the format.
 *
 * @example
 * ```ts
 * import { encodeQuery, RRType } from '@net/resolve'
 *
 * const { packet, stream } = encodeQuery(1, 'example.com.', RRType.A, false)
 * console.log(packet.length, stream.length) // 40 42
 * ```
 */
export function encodeQuery(
  id: number,
  name: string,
  type: number,
  ad: boolean,
  edns0 = true,
): { stream: Uint8Array<ArrayBuffer>; packet: Uint8Array<ArrayBuffer> } {
  const stream = withLength(encodePacketQuery(id, name, type, ad, edns0))
  return { stream, packet: stream.subarray(2) }
}

/** The size of a header, in bytes. */
export const HEADER_SIZE = 12
/** The size of what follows the name of a question, in bytes. */
export const TYPE_AND_CLASS_SIZE = 4
/** The size of an OPT record without options, in bytes. */
export const OPT_SIZE = 11

/** The query of {@link encodeQuery} as a packet. */
export function encodePacketQuery(
  id: number,
  name: string,
  type: number,
  ad: boolean,
  edns0: boolean,
): Uint8Array<ArrayBuffer> {
  const rest = edns0 ? TYPE_AND_CLASS_SIZE + OPT_SIZE : TYPE_AND_CLASS_SIZE
  const room = HEADER_SIZE + name.length + 1 + rest
  const bytes = smallBuffer(room) // of zeros
  const at = putName(bytes, HEADER_SIZE, name)
  putFixedParts(bytes, at, id, type, ad, edns0)
  const length = at + rest
  return length === room ? bytes : bytes.subarray(0, length) // what was escaped takes less
}

/** Writes into zeros what is before and behind the name of a query, which ends at an offset. */
function putFixedParts(
  bytes: Uint8Array,
  nameEnd: number,
  id: number,
  type: number,
  ad: boolean,
  edns0: boolean,
): void {
  bytes[0] = id >> 8
  bytes[1] = id
  bytes[2] = 1 // recursion desired
  if (ad) bytes[3] = 0x20
  bytes[5] = 1 // question
  bytes[nameEnd] = type >> 8
  bytes[nameEnd + 1] = type
  bytes[nameEnd + 3] = CLASS_IN
  if (!edns0) return
  bytes[11] = 1 // additional record
  bytes.set(optRecord, nameEnd + TYPE_AND_CLASS_SIZE)
}

/** An OPT record: the root's name, the type, the size, no flags and no options. */
const optRecord = Uint8Array.of(0, 0, RRType.OPT, UDP_SIZE >> 8, UDP_SIZE & 0xff, 0, 0, 0, 0, 0, 0)

/** A message with its length before it, as streams carry it. */
export function withLength(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const stream = new Uint8Array(2 + message.byteLength)
  stream[0] = message.byteLength >> 8
  stream[1] = message.byteLength
  stream.set(message, 2)
  return stream
}

function headerBits(h: DNSHeader): number {
  const bit = (on: boolean, mask: number): number => (on ? mask : 0)
  return (
    bit(h.response, 0x8000) |
    ((h.opcode & 0xf) << 11) |
    bit(h.authoritative, 0x400) |
    bit(h.truncated, 0x200) |
    bit(h.recursionDesired, 0x100) |
    bit(h.recursionAvailable, 0x80) |
    bit(h.authenticData, 0x20) |
    bit(h.checkingDisabled, 0x10) |
    (h.rcode & 0xf)
  )
}
