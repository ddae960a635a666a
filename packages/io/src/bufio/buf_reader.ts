import { checkBuffer, ErrTooLong, type IOOptions } from '@net/contract'
import { endingOf, race } from '../index.ts'
import { readError, type Reader } from './reader.ts'

const SIZE = 4096 // bytes of a buffer, as Go's
const LIMIT = 65536 // bytes of a line, as Go's
const NEWLINE = 10
const RETURN = 13

/** How far {@link BufReader.readUntil} and its kin read. */
export interface UntilOptions extends IOOptions {
  /** The most bytes to read, the delimiter among them; 65,536 unless set. */
  readonly limit?: number | undefined
}

/**
 * A buffered reader, as Go's bufio.Reader: it looks ahead, takes bytes back, and reads lines. It reads from another reader, a
 * connection for example, which is not read by anybody else from then on, as this one may have taken more from it than it gave.
 * Its calls queue, first come first served. When one fails, or is ended by its signal, all that came stays and is read by the
 * next. It has no limits of time of its own: those of the connection end what waits for it.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 * import { BufReader } from '@net/core/io'
 *
 * const [a, b] = pipe()
 * void a.write(new TextEncoder().encode('HELO here\r\nQUIT\r\n')).then(() => a.closeWrite())
 * const reader = new BufReader(b)
 * console.log(String.fromCharCode(...(await reader.peek(4)))) // HELO
 * console.log(await reader.readLine()) // HELO here
 * console.log(await reader.readLine()) // QUIT
 * console.log(await reader.readLine()) // null
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export class BufReader implements Reader {
  readonly #reader: Reader
  readonly #size: number
  #p: Uint8Array
  #start = 0 // what is buffered stands from here ...
  #end = 0 // ... to here
  #ended = false
  #last: Promise<unknown> | null = null // settles when all calls so far are done

  /** Reads from `reader`, `size` bytes (4096 unless set) at a time. Throws a TypeError for a size that is no whole number from 1 on. */
  constructor(reader: Reader, size = SIZE) {
    if (!Number.isInteger(size) || size < 1) throw new TypeError('the size is no whole number from 1 on')
    this.#reader = reader
    this.#size = size
    this.#p = new Uint8Array(size)
  }

  /** The number of bytes that are read without waiting. */
  get buffered(): number {
    return this.#end - this.#start
  }

  /**
   * Reads up to `p.byteLength` bytes into `p`, those that are buffered first, and gives their number, or `null` at the end. Until
   * the promise settles `p` belongs to the reader. Rejects with the errors of the reader below, with the signal's reason, and with
   * a TypeError where `p` is not a Uint8Array.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    return this.#inTurn(options, async () => {
      const wrong = checkBuffer(p)
      if (wrong !== null) throw wrong
      if (this.buffered === 0 && p.byteLength > 0) {
        // What is larger than the buffer need not go through it.
        if (p.byteLength >= this.#size && !this.#ended) return await this.#reader.read(p, options)
        if (!(await this.#fill(options))) return null
      }
      const n = Math.min(p.byteLength, this.buffered)
      p.set(this.#p.subarray(this.#start, this.#start + n))
      this.#start += n
      return n
    })
  }

  /**
   * Gives the next `n` bytes, fewer when the stream ends before, and leaves them to be read. They are those of the reader's own
   * buffer: they hold until the next call, and are not to be changed. Rejects as {@link read} does, and with a TypeError for an
   * `n` that is no whole number from 0 on.
   */
  peek(n: number, options?: IOOptions): Promise<Uint8Array> {
    return this.#inTurn(options, async () => {
      if (!Number.isInteger(n) || n < 0)
        throw new TypeError('the number of bytes is no whole number from 0 on')
      let more = true
      while (more && this.buffered < n) more = await this.#fill(options)
      return this.#p.subarray(this.#start, Math.min(this.#start + n, this.#end))
    })
  }

  /**
   * Puts bytes before all that is still to be read: what was read too far, or belongs there. They are copied. Throws a TypeError
   * where `p` is not a Uint8Array, and an Error while a call is pending.
   */
  unread(p: Uint8Array): void {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    if (this.#last !== null) throw new Error('bytes are put back while a read is pending')
    if (p.byteLength > this.#start) {
      const rest = this.#p.subarray(this.#start, this.#end)
      this.#p = new Uint8Array(p.byteLength + Math.max(rest.byteLength, this.#size))
      this.#p.set(rest, p.byteLength)
      this.#start = p.byteLength
      this.#end = p.byteLength + rest.byteLength
    }
    this.#start -= p.byteLength
    this.#p.set(p, this.#start)
  }

  /**
   * Reads up to and with the next `delimiter`, a byte or several, and gives a copy; at the end of the stream what is left, which
   * has no delimiter, and `null` when nothing is. Rejects as {@link read} does, with a TypeError for an empty delimiter, and with an
   * {@link OpError} whose cause is {@link ErrTooLong} when there is none within `limit` bytes, which stay then.
   */
  readUntil(
    delimiter: number | Uint8Array,
    options: UntilOptions = {},
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#inTurn(options, async () => {
      const sought = typeof delimiter === 'number' ? Uint8Array.of(delimiter) : delimiter
      const wrong = checkBuffer(sought, 'the delimiter')
      if (wrong !== null) throw wrong
      if (sought.byteLength === 0) throw new TypeError('the delimiter is empty')
      const { limit = LIMIT } = options
      for (let searched = 0; ;) {
        const found = this.#find(sought, searched)
        const isTooLong = found === -1 ? this.buffered >= limit : found > limit
        if (isTooLong) throw readError(this.#reader, ErrTooLong)
        if (found !== -1) return this.#take(found)
        searched = Math.max(0, this.buffered - sought.byteLength + 1)
        if (!(await this.#fill(options))) return this.buffered === 0 ? null : this.#take(this.buffered)
      }
    })
  }

  /**
   * Reads a line and gives it as text (UTF-8) without its "\n" or "\r\n"; the last one may have none. `null` at the end of the
   * stream. Rejects as {@link readUntil} does.
   */
  async readLine(options?: UntilOptions): Promise<string | null> {
    const bytes = await this.readUntil(NEWLINE, options)
    if (bytes === null) return null
    let { byteLength } = bytes
    if (bytes[byteLength - 1] === NEWLINE) {
      byteLength--
      if (bytes[byteLength - 1] === RETURN) byteLength--
    }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, byteLength))
  }

  /** The lines to the end, each as {@link readLine} gives it. Throws what that rejects with. */
  async *lines(options?: UntilOptions): AsyncGenerator<string, void, undefined> {
    for (let line = await this.readLine(options); line !== null; line = await this.readLine(options))
      yield line
  }

  /** Where the bytes end of which `sought` are the last, counted from the first that is buffered; -1 when they are not there. */
  #find(sought: Uint8Array, from: number): number {
    const buffered = this.#p.subarray(this.#start, this.#end)
    const [first = 0] = sought
    for (let at = buffered.indexOf(first, from); at !== -1; at = buffered.indexOf(first, at + 1)) {
      if (sought.every((byte, i) => buffered[at + i] === byte)) return at + sought.byteLength
    }
    return -1
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#p.slice(this.#start, this.#start + length)
    this.#start += length
    return bytes
  }

  /** Reads more into the buffer, and gives whether there was more. */
  async #fill(options?: IOOptions): Promise<boolean> {
    if (this.#ended) return false
    this.#makeRoom()
    const n = await this.#reader.read(this.#p.subarray(this.#end), options)
    this.#ended = n === null
    this.#end += n ?? 0
    return n !== null
  }

  #makeRoom(): void {
    if (this.buffered === 0) {
      // What a long line needed is not kept.
      if (this.#p.byteLength > this.#size) this.#p = new Uint8Array(this.#size)
      this.#start = this.#end = 0
    }
    if (this.#end < this.#p.byteLength) return
    const p = this.#start > 0 ? this.#p : new Uint8Array(2 * this.#p.byteLength)
    p.set(this.#p.subarray(this.#start, this.#end))
    this.#end -= this.#start
    this.#start = 0
    this.#p = p
  }

  /** Does work behind all that was asked before. */
  async #inTurn<T>(options: IOOptions | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last
    let done: (value?: unknown) => void = () => {}
    const last = new Promise((resolve) => (done = resolve))
    this.#last = last
    try {
      if (before !== null) await race(before, options)
      endingOf(options)?.throwIfOver()
      return await work()
    } finally {
      const leave = (): void => {
        done()
        if (this.#last === last) this.#last = null
      }
      if (before === null) leave()
      // A call that was ended while it waited for its turn lets nobody in before those ahead of it.
      else void before.then(leave)
    }
  }
}
