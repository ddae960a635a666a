import { IP, IPAddr } from '@net/addr'
import { OPT_SIZE, UDP_SIZE } from './message.ts'
import { RRType } from './rr.ts'
import { uint16At, uint32At } from './wire_reader.ts'

/** In bytes, what stands before the content of a record whose name is a pointer: that, type, class, TTL and length. */
const RECORD_HEADER_SIZE = 12

/** A pointer to the name of the question, which is behind the header, and two bytes for a type. */
const NAME_OF_QUESTION = 0xc00c0000

/**
 * The addresses in a reply of `length` bytes, in which a question ends at `questionEnd`, if it has nothing else to say: no error, nothing cut,
 * only records of that type and of the very name asked for, and perhaps an OPT record without options. Null for every other reply,
 * which a {@link Parser} reads. Most replies are plain, and to read one so takes a quarter of the calls.
 */
export function plainAddrs(
  bytes: Uint8Array,
  length: number,
  questionEnd: number,
  type: number,
): IPAddr[] | null {
  const size = RECORD_HEADER_SIZE + (type === RRType.A ? 4 : 16)
  const end = questionEnd + (bytes[7] ?? 0) * size
  if (!isPlain(bytes) || !endsAt(end, bytes, length)) return null
  let addrs: IPAddr[] | null = null
  for (let at = questionEnd; at < end; at += size) {
    const ip = addrIn(bytes, at, type)
    if (ip === null) return null
    // Most replies have one, and an array makes room for 16 more when something is pushed to it.
    if (addrs === null) addrs = [new IPAddr(ip)]
    else addrs.push(new IPAddr(ip))
  }
  return addrs
}

/** Whether a header has no error, nothing cut, one question, up to 255 answers, no authorities, and up to one additional record. */
function isPlain(bytes: Uint8Array): boolean {
  const flags = ((bytes[2] ?? 0) & 0x02) | ((bytes[3] ?? 0) & 0x0f)
  const counts = (bytes[4] ?? 0) | ((bytes[5] ?? 0) ^ 1) | (bytes[6] ?? 0) | (bytes[8] ?? 0) | (bytes[9] ?? 0)
  return (flags | counts | (bytes[10] ?? 0)) === 0 && (bytes[11] ?? 0) <= 1
}

/** Whether nothing is behind the answers but the OPT record that is announced, one that adds nothing to the outcome. */
function endsAt(at: number, bytes: Uint8Array, length: number): boolean {
  if (bytes[11] === 0) return at === length && length <= UDP_SIZE
  const isOPT = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === RRType.OPT
  const isEmpty = bytes[at + 5] === 0 && bytes[at + 9] === 0 && bytes[at + 10] === 0
  return isOPT && isEmpty && at + OPT_SIZE === length && length <= UDP_SIZE
}

/** The address in the record at an offset; null when that is another record, or of another name. */
function addrIn(bytes: Uint8Array, at: number, type: number): IP | null {
  const start = at + RECORD_HEADER_SIZE
  const size = type === RRType.A ? 4 : 16
  if (uint32At(bytes, at) !== NAME_OF_QUESTION + type || uint16At(bytes, start - 2) !== size) return null
  return size === 4 ? IP.fromUint32(uint32At(bytes, start)) : ipv6At(bytes, start)
}

function ipv6At(bytes: Uint8Array, at: number): IP {
  const word = (i: number): number => uint32At(bytes, at + 4 * i)
  return IP.fromUint32s(word(0), word(1), word(2), word(3))
}
