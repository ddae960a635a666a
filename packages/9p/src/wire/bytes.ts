// Little-endian numbers, as intro(5) has them, and text. Bounds are the caller's business.

/** Reads two bytes. */
export function getUint16(b: Uint8Array, at: number): number {
  return (b[at] ?? 0) | ((b[at + 1] ?? 0) << 8)
}

/** Reads four bytes. */
export function getUint32(b: Uint8Array, at: number): number {
  return ((b[at] ?? 0) | ((b[at + 1] ?? 0) << 8) | ((b[at + 2] ?? 0) << 16) | ((b[at + 3] ?? 0) << 24)) >>> 0
}

/** Reads eight bytes. */
export function getUint64(b: Uint8Array, at: number): bigint {
  return (BigInt(getUint32(b, at + 4)) << 32n) | BigInt(getUint32(b, at))
}

/** Reads eight bytes as a file offset: exact up to 2^53, beyond that as near as a number comes. */
export function getOffset(b: Uint8Array, at: number): number {
  return getUint32(b, at + 4) * 0x100000000 + getUint32(b, at)
}

/** Writes two bytes. */
export function putUint16(b: Uint8Array, at: number, x: number): void {
  b[at] = x
  b[at + 1] = x >>> 8
}

/** Writes four bytes. */
export function putUint32(b: Uint8Array, at: number, x: number): void {
  b[at] = x
  b[at + 1] = x >>> 8
  b[at + 2] = x >>> 16
  b[at + 3] = x >>> 24
}

/** Writes eight bytes of a number without a sign. */
export function putUint64(b: Uint8Array, at: number, x: bigint): void {
  if (x <= 0x1fffffffffffffn) {
    putOffset(b, at, Number(x)) // several times quicker than arithmetic on bigints
    return
  }
  putUint32(b, at, Number(x & 0xffffffffn))
  putUint32(b, at + 4, Number(x >> 32n))
}

/** Writes a file offset, a whole number of at most 2^53 - 1, as eight bytes. */
export function putOffset(b: Uint8Array, at: number, x: number): void {
  putUint32(b, at, x % 0x100000000)
  putUint32(b, at + 4, Math.floor(x / 0x100000000))
}

const encoder = new TextEncoder()
// In 9P a byte order mark is a character like others.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes of a text in UTF-8; half a surrogate pair counts as U+FFFD. */
export function textLength(s: string): number {
  let n = s.length
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i)
    if (c < 0x80) continue
    if (c < 0x800) n += 1
    else if (c < 0xd800 || c > 0xdbff || !isLow(s.charCodeAt(i + 1))) n += 2
    else {
      n += 2
      i++
    }
  }
  return n
}

function isLow(c: number): boolean {
  return c >= 0xdc00 && c <= 0xdfff
}

/** Writes a text in UTF-8 where {@link textLength} bytes are free, and gives the offset behind it. */
export function putText(b: Uint8Array, at: number, s: string): number {
  if (s.length > 64) return at + encoder.encodeInto(s, b.subarray(at)).written
  for (let i = 0; i < s.length; i++) {
    const c = s.charCodeAt(i)
    // Short ASCII, which is nearly everything, is quicker by hand than through the encoder.
    if (c > 0x7f) return at + i + encoder.encodeInto(s.slice(i), b.subarray(at + i)).written
    b[at + i] = c
  }
  return at + s.length
}

/** Reads UTF-8; bytes that are not UTF-8 become U+FFFD. */
export function getText(b: Uint8Array, start: number, end: number): string {
  if (end - start > 32) return decoder.decode(b.subarray(start, end))
  let s = ''
  for (let i = start; i < end; i++) {
    const c = b[i] ?? 0
    if (c > 0x7f) return decoder.decode(b.subarray(start, end))
    s += String.fromCharCode(c)
  }
  return s
}
