import { IP, IPAddr } from '@net/addr'
import { HEADER_SIZE, OPT_SIZE, UDP_SIZE } from './message.ts'
import { RRType } from './rr.ts'
import { uint32At } from './wire_reader.ts'

/** In bytes, what stands before the content of a record whose name is a pointer: that, type, class, TTL and length. */
const RECORD_HEADER_SIZE = 12
// In bytes, such records with an address.
const A_SIZE = RECORD_HEADER_SIZE + 4
const AAAA_SIZE = RECORD_HEADER_SIZE + 16

/** The first byte of a pointer to a name; the second is its offset. */
const POINTER = 0xc0

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
  const size = type === RRType.A ? A_SIZE : AAAA_SIZE
  const count = bytes[7] ?? 0
  if (count === 0 || !isPlain(bytes) || !endsAt(questionEnd + count * size, bytes, length)) return null
  const addrs = new Array<IPAddr>(count)
  for (let i = 0, at = questionEnd; i < count; i++, at += size) {
    if (!isOfType(type, bytes, at, size)) return null
    addrs[i] = addrIn(bytes, at, size)
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

/** Whether the record at an offset is of that type, of the name asked for, and of `size` bytes. */
function isOfType(type: number, bytes: Uint8Array, at: number, size: number): boolean {
  const isOfName = bytes[at] === POINTER && bytes[at + 1] === HEADER_SIZE
  const isOfSize = bytes[at + 10] === 0 && bytes[at + 11] === size - RECORD_HEADER_SIZE
  return isOfName && isOfSize && bytes[at + 2] === 0 && bytes[at + 3] === type
}

/** The address in the record at an offset. */
function addrIn(bytes: Uint8Array, at: number, size: number): IPAddr {
  const start = at + RECORD_HEADER_SIZE
  if (size !== A_SIZE) return new IPAddr(ipv6At(bytes, start))
  const high = ((bytes[start] ?? 0) << 24) | ((bytes[start + 1] ?? 0) << 16)
  return new IPAddr(IP.fromUint32((high | ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0)) >>> 0))
}

function ipv6At(bytes: Uint8Array, at: number): IP {
  const word = (i: number): number => uint32At(bytes, at + 4 * i)
  return IP.fromUint32s(word(0), word(1), word(2), word(3))
}
