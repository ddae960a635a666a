import { DNSMessageError, maxLabelLength, maxNameLength } from './wire_reader.ts'

// A pointer has 14 bits for its target (RFC 1035 section 4.1.4).
const maxPointer = 0x3fff
const maxMessage = 0xffff

const dot = 46
const backslash = 92

/** Writes the parts of a DNS message. What does not fit the format is a {@link DNSMessageError}. */
export class WireWriter {
  #bytes = new Uint8Array(512)
  #length = 0
  #names: Map<string, number> | null = null // The offset at which each name was written.

  /** Writes 8 bits. */
  uint8(n: number): void {
    const at = this.#room(1)
    this.#bytes[at] = n
  }

  /** Writes 16 bits. */
  uint16(n: number): void {
    const at = this.#room(2)
    this.#bytes[at] = n >> 8
    this.#bytes[at + 1] = n
  }

  /** Writes 32 bits. */
  uint32(n: number): void {
    this.uint16(n >>> 16)
    this.uint16(n)
  }

  /** Writes bytes as they are. */
  put(bytes: Uint8Array): void {
    const at = this.#room(bytes.byteLength)
    this.#bytes.set(bytes, at)
  }

  /** Writes a string of up to 255 bytes with its length before it. */
  string(bytes: Uint8Array): void {
    if (bytes.byteLength > 255) throw new DNSMessageError('string too long')
    this.uint8(bytes.byteLength)
    this.put(bytes)
  }

  /**
   * Writes a name, which must end with a dot. Where `compress` is true a pointer stands for what was
   * written before; the records that came after RFC 1035 must not be compressed (RFC 3597 section 4).
   */
  name(name: string, compress: boolean): void {
    if (!name.endsWith('.')) throw new DNSMessageError('name without a dot at its end')
    if (name.length > maxNameLength) throw new DNSMessageError('name too long')
    for (let rest = name === '.' ? '' : name; rest !== '';) {
      const seen = compress ? this.#names?.get(rest) : undefined
      if (seen !== undefined) {
        this.uint16(0xc000 | seen)
        return
      }
      const here = this.#length
      if (compress && here <= maxPointer) (this.#names ??= new Map<string, number>()).set(rest, here)
      const end = rest.indexOf('.')
      this.#label(rest, end)
      rest = rest.slice(end + 1)
    }
    this.uint8(0)
  }

  /** Writes what `body` writes with its length, in 16 bits, before it. */
  sized(body: () => void): void {
    const at = this.#length
    this.uint16(0)
    body()
    this.#setUint16(at, this.#length - at - 2)
  }

  #setUint16(at: number, n: number): void {
    if (n > 0xffff) throw new DNSMessageError('record too long')
    this.#bytes[at] = n >> 8
    this.#bytes[at + 1] = n
  }

  /** What was written. The bytes belong to the caller once the writer is dropped. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#length > maxMessage) throw new DNSMessageError('message too long')
    const bytes = this.#bytes
    return this.#length === bytes.byteLength ? bytes : bytes.subarray(0, this.#length)
  }

  #label(name: string, end: number): void {
    const at = this.#room(labelLength(end) + 1)
    const bytes = this.#bytes
    bytes[at] = end
    for (let i = 0; i < end; i++) bytes[at + 1 + i] = byteOf(name.charCodeAt(i))
  }

  /** Makes room for `n` more bytes, which count as written. Gives the offset of the first. */
  #room(n: number): number {
    const at = this.#length
    if (at + n > this.#bytes.byteLength) this.#grow(n)
    this.#length = at + n
    return at
  }

  #grow(n: number): void {
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.byteLength, this.#length + n))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}

type Latin1Write = (this: Uint8Array, text: string, at: number, length: number) => void

/**
 * Writes a text, each character as a byte. Node, Deno and Bun have it for their buffers; it is not documented, and where there is none
 * the loop of {@link putName} does as well. V8 compiles a loop over each character soon, while the first lookups of a process wait for
 * the core: without it, and without one that compared questions, 1,500 of them take an eighth less (docs/floors.md).
 */
const latin1Write = Reflect.get(process.getBuiltinModule('node:buffer').Buffer.prototype, 'latin1Write') as
  Latin1Write | undefined

/** An empty label, or what is not a byte for each character. */
const unusual = /^\.|\.\.|[\\\u0100-\uffff]/

/**
 * Writes a name at an offset, where a backslash and three digits stand for a byte and which must end with a dot. Gives where it
 * ends. Queries are written so, as they are many and have a single name. The bytes must be zero, and one more than the name has
 * characters.
 */
export function putName(bytes: Uint8Array, start: number, name: string): number {
  if (name === '.') return start + 1
  if (
    latin1Write !== undefined &&
    name.length <= maxLabelLength &&
    name.endsWith('.') &&
    !unusual.test(name)
  ) {
    latin1Write.call(bytes, name, start + 1, name.length)
    // The length of a label goes where the dot before it stood, and that of the root behind them.
    let label = 0
    for (let end = name.indexOf('.'); end >= 0; end = name.indexOf('.', label)) {
      bytes[start + label] = end - label
      label = end + 1
    }
    bytes[start + label] = 0
    return start + label + 1
  }
  let label = start // where the length of the label goes
  let at = start + 1
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    if (c === dot) {
      const length = at - label - 1
      if (length === 0 || length > maxLabelLength) throw noLabel(length)
      bytes[label] = length
      label = at++
    } else if (c === backslash && /^\d{3}/.test(name.slice(i + 1, i + 4))) {
      bytes[at++] = byteOf(Number(name.slice(i + 1, i + 4)))
      i += 3
    } else {
      bytes[at++] = c <= 0xff ? c : byteOf(c)
    }
  }
  if (name === '' || at !== label + 1) throw new DNSMessageError('name without a dot at its end')
  if (at - start > maxNameLength + 1) throw new DNSMessageError('name too long')
  return at
}

function noLabel(length: number): DNSMessageError {
  return new DNSMessageError(length === 0 ? 'empty label' : 'label too long')
}

function labelLength(n: number): number {
  if (n === 0 || n > maxLabelLength) throw noLabel(n)
  return n
}

function byteOf(c: number): number {
  if (c > 0xff) throw new DNSMessageError('character that is not a byte in a name')
  return c
}
