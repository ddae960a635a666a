import { decimalByte, hexByte, hexNumber } from './digits.ts'

/** The dotted decimal form of an IPv4 address given as one 32-bit integer, signed or not. */
export function ipv4String(word: number): string {
  return (
    (decimalByte[word >>> 24] ?? '') +
    '.' +
    (decimalByte[(word >>> 16) & 0xff] ?? '') +
    '.' +
    (decimalByte[(word >>> 8) & 0xff] ?? '') +
    '.' +
    (decimalByte[word & 0xff] ?? '')
  )
}

function group(n: number): string {
  return n > 0xff ? (hexNumber[n >>> 8] ?? '') + (hexByte[n & 0xff] ?? '') : (hexNumber[n] ?? '')
}

/**
 * The text of an IPv6 address given as four 32-bit integers, as RFC 5952 wants it: lower case, no leading zeros,
 * '::' for the first of the longest runs of at least two zero groups. The last 32 bits are never printed dotted.
 */
export function ipv6String(a: number, b: number, c: number, d: number): string {
  // Bit i is set where the i-th of the eight groups is zero.
  const zeros =
    (a >>> 16 === 0 ? 1 : 0) |
    ((a & 0xffff) === 0 ? 2 : 0) |
    (b >>> 16 === 0 ? 4 : 0) |
    ((b & 0xffff) === 0 ? 8 : 0) |
    (c >>> 16 === 0 ? 16 : 0) |
    ((c & 0xffff) === 0 ? 32 : 0) |
    (d >>> 16 === 0 ? 64 : 0) |
    ((d & 0xffff) === 0 ? 128 : 0)
  const run = zeroRun(zeros)
  const start = run >>> 4
  const end = run & 0xf
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += '::'
      i = end
      if (i === 8) break
    } else if (i > 0) {
      text += ':'
    }
    const word = i < 4 ? (i < 2 ? a : b) : i < 6 ? c : d
    text += group((i & 1) === 0 ? word >>> 16 : word & 0xffff)
  }
  return text
}

/** The first of the longest runs of at least two set bits, as start * 16 + end; 15 * 16 when there is none. */
function zeroRun(bits: number): number {
  let start = 15
  let end = 15
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let j = i
    while (j < 8 && (bits & (1 << j)) !== 0) j++
    if (j - i > longest) {
      longest = j - i
      start = i
      end = j
    }
    i = j
  }
  return start * 16 + (start === 15 ? 0 : end)
}
