import { IP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { crc32c } from './crc32c.ts'
import type { ProxyAddr, ProxyHeader, ProxyTLV } from './header.ts'

// A header of version 2, numbers in network order:
//
//  0             12               13              14        16
//  | signature   | version, what  | family, kind  | length  | addresses | type, length (2), value | ...

/** What a header of version 2 begins with, and nothing else in the world does. */
export const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10)

/** The bytes before the addresses. */
export const V2_FIXED = 16

const LOCAL = 0x20
const PROXY = 0x21
const CRC32C = 3 // the type of the checksum of the whole header
const PATH = 108 // bytes of a Unix socket's address
const PADDING = 4 // the type that says nothing

/** By the number of an address's family and kind: the bytes of an address without its port. */
const ADDRESS = new Map([
  [0x11, 4],
  [0x12, 4],
  [0x21, 16],
  [0x22, 16],
  [0x31, PATH],
  [0x32, PATH],
])

/** The bytes of a header. Throws a RangeError when it gets too long. */
export function encodeV2({ source, destination, tlvs }: ProxyHeader): Uint8Array<ArrayBuffer> {
  const kind = source === null || destination === null ? 0 : kindOf(source, destination)
  const size = ADDRESS.get(kind) ?? 0
  const start = tlvsAt(kind)
  const length = start - V2_FIXED + tlvs.reduce((sum, { value }) => sum + 3 + value.byteLength, 0)
  if (length > 0xffff) throw new RangeError(`a PROXY header has 65535 bytes at most, not ${length}`)
  const header = new Uint8Array(V2_FIXED + length)
  const view = new DataView(header.buffer)
  header.set(SIGNATURE)
  header[12] = source === null ? LOCAL : PROXY
  header[13] = kind
  view.setUint16(14, length)
  let at = V2_FIXED
  if (source !== null && destination !== null && size > 0) {
    for (const addr of [source, destination]) {
      header.set(bytesOf(addr, size), at)
      at += size
    }
    for (const addr of [source, destination]) {
      if (!('port' in addr)) continue
      view.setUint16(at, addr.port)
      at += 2
    }
  }
  for (const { type, value } of tlvs) {
    header[at] = type
    view.setUint16(at + 1, value.byteLength)
    header.set(value, at + 3)
    at += 3 + value.byteLength
  }
  sign(header, view, start)
  return header
}

/** Reads a whole header. Throws an Error that says what is wrong. */
export function decodeV2(header: Uint8Array): ProxyHeader {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const command = view.getUint8(12)
  if (command !== LOCAL && command !== PROXY) throw new Error('unknown version or command in PROXY header')
  const kind = view.getUint8(13)
  const size = ADDRESS.get(kind) ?? 0
  const start = tlvsAt(kind)
  if (header.byteLength < start) throw new Error('PROXY header too short for its addresses')
  const tlvs = size === 0 && kind !== 0 ? [] : tlvsOf(header, view, start)
  checkSum(header, tlvs)
  // Of a kind that is not known nothing can be said, and of itself the proxy need not speak.
  const known = command === PROXY && size > 0
  return {
    version: 2,
    source: known ? addrOf(header, view, kind, 0) : null,
    destination: known ? addrOf(header, view, kind, 1) : null,
    tlvs: tlvs.filter(({ type }) => type !== PADDING).map(({ type, value }) => ({ type, value })),
  }
}

/** Where what else is said stands: behind two addresses, and two ports unless these are paths. */
function tlvsAt(kind: number): number {
  const size = ADDRESS.get(kind) ?? 0
  return V2_FIXED + 2 * size + (size === 0 || size === PATH ? 0 : 4)
}

function kindOf(source: ProxyAddr, destination: ProxyAddr): number {
  if (source.network === 'unix' || source.network === 'unixpacket') return 0x31
  if (source.network === 'unixgram') return 0x32
  const isV4 = [source, destination].every(
    (addr) => 'ip' in addr && addr.ip !== null && addr.ip.to4() !== null,
  )
  return (isV4 ? 0x10 : 0x20) | (source.network === 'tcp' ? 1 : 2)
}

function bytesOf(addr: ProxyAddr, size: number): Uint8Array {
  if ('ip' in addr) return (size === 4 ? addr.ip?.to4() : addr.ip?.to16())?.bytes() ?? new Uint8Array(size)
  return new TextEncoder().encode(addr.name.replace(/^@/, '\0')).subarray(0, size)
}

function addrOf(header: Uint8Array, view: DataView, kind: number, which: 0 | 1): ProxyAddr {
  const size = ADDRESS.get(kind) ?? 0
  const bytes = header.slice(V2_FIXED + which * size, V2_FIXED + (which + 1) * size)
  const isStream = (kind & 0xf) === 1
  if (size === PATH) return new UnixAddr(pathOf(bytes), isStream ? 'unix' : 'unixgram')
  const port = view.getUint16(V2_FIXED + 2 * size + 2 * which)
  return isStream ? new TCPAddr(IP.from(bytes), port) : new UDPAddr(IP.from(bytes), port)
}

/** The name of a Unix socket: a path ends before the first NUL, a name of the abstract namespace begins with one. */
function pathOf(bytes: Uint8Array): string {
  const isAbstract = bytes[0] === 0 && bytes[1] !== 0
  const end = bytes.indexOf(0, isAbstract ? 1 : 0)
  const name = new TextDecoder().decode(bytes.subarray(isAbstract ? 1 : 0, end === -1 ? PATH : end))
  return isAbstract ? `@${name}` : name
}

/** A TLV, and where its value stands. @internal */
interface PlacedTLV extends ProxyTLV {
  readonly at: number
}

function tlvsOf(header: Uint8Array, view: DataView, start: number): PlacedTLV[] {
  const tlvs: PlacedTLV[] = []
  for (let at = start; at < header.byteLength;) {
    const end = at + 3 <= header.byteLength ? at + 3 + view.getUint16(at + 1) : Infinity
    if (end > header.byteLength) throw new Error('TLV beyond the end of PROXY header')
    tlvs.push({ type: view.getUint8(at), value: header.slice(at + 3, end), at: at + 3 })
    at = end
  }
  return tlvs
}

/** Fills in the checksum, where the header has a place for one. */
function sign(header: Uint8Array, view: DataView, start: number): void {
  for (const { type, value, at } of tlvsOf(header, view, start)) {
    if (type !== CRC32C || value.byteLength !== 4) continue
    header.fill(0, at, at + 4)
    view.setUint32(at, crc32c(header))
  }
}

function checkSum(header: Uint8Array, tlvs: readonly PlacedTLV[]): void {
  const sum = tlvs.find(({ type }) => type === CRC32C)
  if (sum === undefined) return
  if (sum.value.byteLength !== 4) throw new Error('checksum of a wrong length in PROXY header')
  const cleared = header.slice()
  cleared.fill(0, sum.at, sum.at + 4)
  const told = new DataView(sum.value.buffer, sum.value.byteOffset, 4).getUint32(0)
  if (crc32c(cleared) !== told) throw new Error('wrong checksum in PROXY header')
}
