import { getText, getUint16, getUint32, getUint64, putText, putUint16, textLength } from './bytes.ts'
import { decodeQid, type Qid, QID_SIZE } from './qid.ts'

/**
 * Bytes that are no 9P2000 message, or a message that cannot be put into bytes. The text says what is wrong
 * with it.
 *
 * @example
 * ```ts
 * import { decodeMessage, MessageError } from '@net/9p'
 *
 * try {
 *   decodeMessage(new Uint8Array(3))
 * } catch (e) {
 *   console.log(e instanceof MessageError) // true
 * }
 * ```
 */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

/** Reads the fields of a message one after the other and never past its end. */
export class Cursor {
  /** The bytes, of which those before `end` belong to the message. */
  readonly bytes: Uint8Array
  /** Where the next field begins. */
  at: number
  /** Where the message ends. */
  readonly end: number

  /** Makes a cursor over `bytes` from `at` to `end`. */
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  /**
   * Steps over `n` bytes and gives where they begin; throws a {@link MessageError} when the message has no
   * more.
   */
  take(n: number, what: string): number {
    const at = this.at
    if (n > this.end - at) throw new MessageError(`message ends within ${what}`)
    this.at = at + n
    return at
  }

  /** Reads one byte. */
  uint8(what: string): number {
    return this.bytes[this.take(1, what)] ?? 0
  }

  /** Reads two bytes. */
  uint16(what: string): number {
    return getUint16(this.bytes, this.take(2, what))
  }

  /** Reads four bytes. */
  uint32(what: string): number {
    return getUint32(this.bytes, this.take(4, what))
  }

  /** Reads eight bytes. */
  uint64(what: string): bigint {
    return getUint64(this.bytes, this.take(8, what))
  }

  /** Reads a text: len[2] and the bytes, of which none may be 0. */
  text(what: string): string {
    const n = this.uint16(what)
    const at = this.take(n, what)
    for (let i = at; i < this.at; i++) {
      if (this.bytes[i] === 0) throw new MessageError(`NUL in ${what}`)
    }
    return getText(this.bytes, at, this.at)
  }

  /** Reads a qid. */
  qid(what: string): Qid {
    return decodeQid(this.bytes, this.take(QID_SIZE, what))
  }

  /** Throws a {@link MessageError} unless all of the message has been read. */
  finish(what: string): void {
    if (this.at !== this.end) throw new MessageError(`${this.end - this.at} bytes too many in ${what}`)
  }
}

/** The bytes of a text with its len[2]; throws a {@link MessageError} when it is too long or has a NUL. */
export function textSize(s: string, what: string): number {
  const n = textLength(s)
  if (n > 0xffff) throw new MessageError(`${what} is longer than 65535 bytes`)
  if (s.includes('\0')) throw new MessageError(`NUL in ${what}`)
  return 2 + n
}

/**
 * Writes a text with its len[2], for which {@link textSize} bytes are free, and gives the offset behind it.
 */
export function putSized(b: Uint8Array, at: number, s: string): number {
  const end = putText(b, at + 2, s)
  putUint16(b, at, end - at - 2)
  return end
}

/** Gives `x` if it is a whole number from 0 to `max`, else throws a {@link MessageError}. */
export function checkRange(x: number, max: number, what: string): number {
  if (!Number.isInteger(x) || x < 0 || x > max) throw new MessageError(`${what} is not within 0 and ${max}`)
  return x
}

/** Gives `x` if it fits 64 bits without a sign, else throws a {@link MessageError}. */
export function checkUint64(x: bigint, what: string): bigint {
  if (x < 0n || x > 0xffffffffffffffffn) throw new MessageError(`${what} is not within 0 and 2^64 - 1`)
  return x
}
