import { checkKept } from '@net/io'
import { getUint16, getUint32 } from './bytes.ts'
import { HEADER_SIZE } from './constants.ts'
import { MessageError } from './cursor.ts'
import type { Stream } from './stream.ts'

const CHUNK_SIZE = 16 * 1024 // bytes
const HEAD_SIZE = 64 // bytes, in which a frame's head is: where a long frame is likely, they are read first
const LOST_SIZE = 64 * 1024 // bytes read at a time of what nobody wants
const QUOTED = 80 // bytes at most that an error quotes

/** Where all readers put what nobody wants. */
const nowhere = new Uint8Array(LOST_SIZE)

/** A piece of memory that frames were received into. It is filled again when nobody holds it. */
export class Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** How many bytes it has, even when they were given away. */
  readonly byteLength: number
  /** How many requests still use bytes in it. */
  users = 0

  /** Makes a chunk of so many bytes. */
  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength)
    this.byteLength = byteLength
  }
}

/**
 * Cuts a byte stream into frames. The stream may split and join them anywhere. The current frame is read in
 * place: it stays where it is until the next {@link fill}, or for as long as its chunk is held.
 */
export class FrameReader {
  /** The longest frame accepted, in bytes; set it when msize is agreed. */
  limit: number
  /** The memory of the current frame. */
  bytes: Uint8Array<ArrayBuffer>
  /** Where the current frame begins. */
  start = 0
  /** Where the current frame ends, and the next begins. */
  end = 0
  /** The bytes of the chunks that are held and full. */
  held = 0
  readonly #stream: Stream
  #chunk = new Chunk(CHUNK_SIZE)
  #spare: Chunk | null = null
  #filled = 0 // where the bytes received end
  #long = false // whether the last frame was finished elsewhere

  /** Makes a reader of frames of at most `limit` bytes. */
  constructor(stream: Stream, limit: number) {
    this.#stream = stream
    this.limit = limit
    this.bytes = this.#chunk.bytes
  }

  /** The type of the current frame. */
  get type(): number {
    return this.bytes[this.start + 4] ?? 0
  }

  /** The tag of the current frame. */
  get tag(): number {
    return getUint16(this.bytes, this.start + 5)
  }

  /**
   * Steps to the next frame and gives whether all of it has been received. Throws a {@link MessageError} when
   * its size cannot be true; what follows on the stream then means nothing.
   */
  next(): boolean {
    const have = this.#filled - this.end
    if (have < 4) return false
    const size = this.#size()
    if (have < size) return false
    this.start = this.end
    this.end += size
    return true
  }

  /**
   * Reads more of the stream. Gives false when it ended between two frames, throws a {@link MessageError}
   * when it ended within one.
   */
  async fill(): Promise<boolean> {
    const have = this.#filled - this.end
    const size = have < 4 ? HEADER_SIZE : this.#size()
    // Of a long frame only the head is read at first, which tells whether the rest goes into a buffer of a
    // request.
    this.#makeRoom(have < HEAD_SIZE ? Math.min(size, HEAD_SIZE) : size)
    // Whoever was handed a message in place may have given its memory away, and reads into no memory would
    // never end.
    const { byteLength } = this.#chunk
    checkKept(this.bytes, byteLength)
    const end = this.#long && have === 0 ? Math.min(this.#filled + HEAD_SIZE, byteLength) : byteLength
    this.#long = false
    const n = await this.#stream.read(this.bytes.subarray(this.#filled, end))
    if (n !== null) {
      this.#filled += n
      return true
    }
    return have > 0 ? cut() : false
  }

  /**
   * Holds the chunk of the current frame. {@link release} it when the frame's bytes are not needed any more.
   */
  hold(): Chunk {
    this.#chunk.users++
    return this.#chunk
  }

  /** Lets a chunk go. */
  release(chunk: Chunk): void {
    chunk.users--
    if (chunk.users > 0 || chunk === this.#chunk) return
    this.held -= chunk.byteLength
    if (chunk.byteLength === this.#chunk.byteLength) this.#spare = chunk
  }

  /**
   * The bytes received of the next frame, when those of its header and `n` more are there and the end is not;
   * else 0.
   */
  partial(n: number): number {
    const have = this.#filled - this.end
    if (have < HEADER_SIZE + n || have >= this.#size()) return 0
    this.start = this.end
    return have
  }

  /**
   * Reads the rest of the frame that {@link partial} found, `length` bytes, into `p` and steps over it. Gives
   * false when `p` was transferred or made smaller meanwhile: the rest is read all the same, and lost.
   */
  async finish(p: Uint8Array, length = p.byteLength): Promise<boolean> {
    this.start = this.end = this.#filled
    this.#long = true
    const isKept = (): boolean => p.byteLength >= length
    let at = 0
    while (at < length && isKept()) {
      try {
        at += (await this.#stream.read(p.subarray(at, length))) ?? cut()
      } catch (e) {
        // A stream that refuses a buffer which has gone has taken nothing.
        if (isKept() || e instanceof MessageError) throw e
      }
    }
    await this.skip(length - at)
    return isKept()
  }

  /** Reads the rest of the frame that {@link partial} found, `length` bytes, to nowhere and steps over it. */
  async skip(length: number): Promise<void> {
    this.start = this.end = this.#filled
    this.#long = true
    for (let left = length; left > 0;) {
      left -= (await this.#stream.read(nowhere.subarray(0, left))) ?? cut()
    }
  }

  #size(): number {
    const size = getUint32(this.bytes, this.end)
    if (size >= HEADER_SIZE && size <= this.limit) return size
    const text = printable(this.bytes, this.end, this.#filled)
    if (text !== '') throw new MessageError(`the peer does not speak 9P, it says ${JSON.stringify(text)}`)
    const wrong = size < HEADER_SIZE ? 'shorter than its header' : `longer than ${this.limit}`
    throw new MessageError(`frame of ${size} bytes is ${wrong}`)
  }

  // Makes room behind the bytes received for the rest of a frame of `size` bytes.
  #makeRoom(size: number): void {
    const { bytes, byteLength } = this.#chunk
    const idle = this.#chunk.users === 0
    if (this.end === this.#filled && idle) {
      this.start = this.end = this.#filled = 0
    }
    if (this.end + size <= byteLength && this.#filled < byteLength) return
    const have = this.#filled - this.end
    if (idle && size <= byteLength) {
      bytes.copyWithin(0, this.end, this.#filled)
    } else {
      // Twice the frame, so that a stream of such frames is not moved at each of them.
      const next = size > byteLength ? new Chunk(2 * size) : (this.#spare ?? new Chunk(byteLength))
      this.#spare = null
      if (!idle) this.held += byteLength
      next.bytes.set(bytes.subarray(this.end, this.#filled))
      this.#chunk = next
      this.bytes = next.bytes
    }
    this.start = this.end = 0
    this.#filled = have
  }
}

function cut(): never {
  throw new MessageError('the link was cut within a message')
}

/**
 * The printable text that bytes begin with; '' where the first four, a frame's size, are not all printable.
 */
function printable(b: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < Math.min(end, start + QUOTED); i++) {
    const c = b[i] ?? 0
    if ((c < 0x20 || c > 0x7e) && c !== 0x09 && c !== 0x0a && c !== 0x0d) break
    text += String.fromCharCode(c)
  }
  return text.length < 4 ? '' : text
}
