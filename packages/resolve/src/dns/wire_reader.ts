/**
 * A DNS message that is malformed, or one that cannot be written: a label or name too long, more than 65535
 * bytes. It is the only error that reading and writing messages gives.
 *
 * @example
 * ```ts
 * import { decodeDNSMessage, DNSMessageError } from '@net/resolve'
 *
 * try {
 *   decodeDNSMessage(new Uint8Array(5))
 * } catch (e) {
 *   if (e instanceof DNSMessageError) console.log(e.message) // insufficient data
 * }
 * ```
 */
export class DNSMessageError extends Error {
  override readonly name = 'DNSMessageError'
}

// More pointers than this in one name are a loop, or not worth following.
const maxPointers = 10

/** The longest name in text, with the dot at its end; 255 bytes on the wire (RFC 1035 section 2.3.4). */
export const maxNameLength = 254

/** The longest label, in bytes (RFC 1035 section 2.3.4). */
export const maxLabelLength = 63

const dot = 46

/** The 16 bits at an offset, which must be there. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** The 32 bits at an offset, which must be there. */
export function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return ((high << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
}

/** Reads the parts of a DNS message. What would reach past the end is a {@link DNSMessageError}. */
export class WireReader {
  /** The whole message. */
  readonly bytes: Uint8Array
  /** Where the next part begins. */
  offset: number
  // Most names in a reply are pointers to that of the question, which need not be read again.
  #known = ''
  #knownAt = -1

  /** Makes a reader of a message, which it does not copy. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes
    this.offset = offset
  }

  /** Passes over a name that is known, and its pointers lead to it without being followed. */
  passName(name: string, length: number): void {
    this.#known = name
    this.#knownAt = this.offset
    this.offset += length
  }

  /** Reads on where another reader of the same message is. */
  takeUp(other: WireReader): void {
    this.offset = other.offset
    this.#known = other.#known
    this.#knownAt = other.#knownAt
  }

  /** Reads 8 bits. */
  uint8(): number {
    const b = this.bytes[this.offset]
    if (b === undefined) throw new DNSMessageError('insufficient data')
    this.offset++
    return b
  }

  /** Reads 16 bits. */
  uint16(): number {
    return uint16At(this.bytes, this.skip(2))
  }

  /** Reads 32 bits. */
  uint32(): number {
    return uint32At(this.bytes, this.skip(4))
  }

  /** Reads `length` bytes into a copy that belongs to the caller. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const end = this.offset + length
    if (end > this.bytes.byteLength) throw new DNSMessageError('insufficient data')
    // slice() would not copy where the bytes are a Buffer.
    const taken = new Uint8Array(this.bytes.subarray(this.offset, end))
    this.offset = end
    return taken
  }

  /**
   * Reads a name, following its pointers (RFC 1035 section 4.1.4), and gives it with a dot at the end. Each
   * byte becomes a character; labels with a dot inside are refused, for the text could not tell them from
   * two.
   */
  name(): string {
    let text = ''
    let at = this.offset
    let end = -1 // The name ends there in its own place, which its first pointer tells.
    let pointers = 0
    for (;;) {
      const c = this.#at(at++)
      if (c === 0) break
      if (c >= 0xc0) {
        const low = this.#at(at++)
        if (end < 0) end = at
        if (++pointers > maxPointers) throw new DNSMessageError('too many pointers')
        at = ((c & 0x3f) << 8) | low
        if (at === this.#knownAt && text === '') {
          this.offset = end
          return this.#known
        }
      } else if (c >= 0x40) {
        throw new DNSMessageError('label of a reserved kind')
      } else {
        for (const stop = at + c; at < stop; at++) {
          const char = this.#at(at)
          if (char === dot) throw new DNSMessageError('dot in a label')
          text += String.fromCharCode(char)
        }
        text += '.'
        if (text.length > maxNameLength) throw new DNSMessageError('name too long')
      }
    }
    this.offset = end < 0 ? at : end
    return text === '' ? '.' : text
  }

  /** Passes over a name without following its pointers. */
  skipName(): void {
    for (;;) {
      const c = this.uint8()
      if (c === 0) return
      if (c >= 0xc0) {
        this.uint8()
        return
      }
      if (c >= 0x40) throw new DNSMessageError('label of a reserved kind')
      this.skip(c)
    }
  }

  /** Passes over `length` bytes and gives the offset of the first. */
  skip(length: number): number {
    const at = this.offset
    const end = at + length
    if (end > this.bytes.byteLength) throw new DNSMessageError('insufficient data')
    this.offset = end
    return at
  }

  #at(i: number): number {
    const b = this.bytes[i]
    if (b === undefined) throw new DNSMessageError('insufficient data')
    return b
  }
}
