import { asError, type IOOptions } from '@net/contract'
import { endingOf, lostBuffer, race } from '@net/io'
import { BufferPool } from '../wire/buffer_pool.ts'
import { getUint32, putOffset, putUint16, putUint32 } from '../wire/bytes.ts'
import { decodeMessage, encodeMessage, messageSize } from '../wire/codec.ts'
import { HEADER_SIZE, NOFID, NOTAG } from '../wire/constants.ts'
import { MessageError } from '../wire/cursor.ts'
import { RemoteError, SessionError } from '../wire/errors.ts'
import { FrameReader } from '../wire/frame_reader.ts'
import { FrameWriter } from '../wire/frame_writer.ts'
import * as m from '../wire/message.ts'
import { NumberPool } from '../wire/number_pool.ts'
import { Request } from './request.ts'
import type { Stream } from '../wire/stream.ts'

// Half of the tags, since each request may need another one for its Tflush.
const MAX_REQUESTS = 0x7fff
const IO_HEADER = HEADER_SIZE + 16 // of Tread, and of Twrite before its data
const RREAD_HEADER = HEADER_SIZE + 4
const RLERROR = 7 // of 9P2000.L, a number instead of words
// The pool to which a writer returns buffers. It stays empty, as a client lends the writer its callers' own.
const pool = new BufferPool()

/** Requests out, replies in: the tags of a client's session, and what waits for which of them. */
export class Exchange {
  /** Resolves when the session is over and the stream closed; never rejects. */
  readonly done: Promise<void>
  /** Why the session is over; null while it is not. */
  error: SessionError | null = null
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  readonly #tags = new NumberPool(NOTAG)
  readonly #requests: (Request | null)[] = []
  #version: Request | null = null
  #end: () => void = () => {}

  /** Makes an exchange over `stream` and begins to receive. */
  constructor(stream: Stream, msize: number) {
    this.#stream = stream
    this.#reader = new FrameReader(stream, msize)
    this.#writer = new FrameWriter(stream, pool, (error) => {
      this.fail(cutBy(error))
    })
    this.done = new Promise((resolve) => {
      this.#end = resolve
    })
    void this.#receive()
  }

  /** The longest message, in bytes. */
  get msize(): number {
    return this.#reader.limit
  }

  set msize(msize: number) {
    this.#reader.limit = msize
  }

  /** How many requests have tags that are not free yet. */
  get requests(): number {
    return this.#tags.used
  }

  /** Sends Tversion and gives the reply. It cannot be flushed. */
  async version(message: m.Tversion, options?: IOOptions): Promise<m.Rversion> {
    const request = new Request(this, NOTAG, m.Tversion, NOFID, null)
    this.#version = request
    const size = messageSize(message)
    const at = this.#writer.frame(size)
    encodeMessage(message, this.#writer.bytes, at)
    try {
      return await race(request.promise, options)
    } finally {
      this.#version = null
    }
  }

  /**
   * Sends a request that works on `fid` and gives its reply, of type `expected`; the message's own tag does
   * not matter.
   */
  async call<T extends m.RMessage['type']>(
    message: m.TMessage,
    _expected: T,
    fid: number,
    options?: IOOptions,
  ): Promise<Extract<m.RMessage, { type: T }>> {
    const size = messageSize(message)
    if (size > this.msize)
      throw new MessageError(`message of ${size} bytes is longer than msize, ${this.msize}`)
    const tag = this.#takeTag(message.type, options)
    const at = this.#writer.frame(size)
    try {
      encodeMessage({ ...message, tag }, this.#writer.bytes, at)
    } catch (e) {
      this.#writer.undo(size)
      this.#tags.give(tag)
      throw e
    }
    const request = new Request(this, tag, message.type, fid, endingOf(options))
    this.#requests[tag] = request
    // The reply was checked to be of the request's type before it resolved the promise.
    return await request.promise
  }

  /** Sends one Tread for as many bytes as `p` has, at most msize - 24, and gives how many came. Throws. */
  read(fid: number, p: Uint8Array, offset: number, options?: IOOptions): Promise<number> {
    return this.#transfer(m.Tread, fid, p, offset, options).promise
  }

  /**
   * Sends one Twrite with all of `p`, at most msize - 24 bytes, and gives how many the server took. Throws.
   */
  write(fid: number, p: Uint8Array, offset: number, options?: IOOptions): Promise<number> {
    const request = this.#transfer(m.Twrite, fid, p, offset, options)
    this.#writer.lent(IO_HEADER, p, request)
    return request.promise
  }

  /** Flushes what is pending on a fid; it rejects with `reason` unless it was done already. */
  flushFid(fid: number, reason: unknown): void {
    for (const request of this.#requests) {
      if (request?.fid === fid) request.cancel(reason)
    }
  }

  /** Sends the Tflush of a request. For requests. */
  flush(old: Request): void {
    const tag = this.#tags.take()
    const request = new Request(this, tag, m.Tflush, NOFID, null)
    request.old = old
    this.#requests[tag] = request
    old.isFlushing = true
    // Only Rflush or the end of the session settles it, and both settle the old request too.
    request.promise.catch(() => {})
    const at = this.#header(request, HEADER_SIZE + 2, HEADER_SIZE + 2)
    putUint16(this.#writer.bytes, at, old.tag)
  }

  /** Lets a request go whose bytes were lost before it was sent. For requests. */
  unsent(request: Request): void {
    if (!request.isSettled) request.reject(lostBuffer())
    // The reply to the Tflush of a request frees its tag, too.
    if (!request.isFlushing) this.#free(request.tag)
  }

  /** Ends the session: pending and later requests reject with `error`, the stream is closed. */
  fail(error: SessionError): void {
    if (this.error !== null) return
    this.error = error
    this.#writer.stop()
    if (this.#version?.isSettled === false) this.#version.reject(error)
    for (const request of this.#requests) {
      if (request === null) continue
      this.#tags.give(request.tag)
      if (!request.isSettled) request.reject(error)
    }
    this.#requests.length = 0
    // The stream is given up, so that an error of its close would help nobody.
    this.#stream.close().then(this.#end, this.#end)
  }

  /** Ends the session because of a reply that can't be true, and throws the error. */
  broken(what: string): never {
    const error = new SessionError(`9P session ended: ${what}`)
    this.fail(error)
    throw error
  }

  #takeTag(type: number, options: IOOptions | undefined): number {
    if (this.error !== null) throw this.error
    endingOf(options)?.throwIfOver()
    // A clunk is sent beyond the limit, too, so that fids can always be let go.
    if (this.#tags.used >= MAX_REQUESTS && type !== m.Tclunk)
      throw new Error(`more than ${MAX_REQUESTS} 9P requests are outstanding`)
    return this.#tags.take()
  }

  #transfer(
    type: typeof m.Tread | typeof m.Twrite,
    fid: number,
    p: Uint8Array,
    offset: number,
    options: IOOptions | undefined,
  ): Request {
    const request = new Request(this, this.#takeTag(type, options), type, fid, endingOf(options))
    request.data = p
    request.count = p.byteLength
    this.#requests[request.tag] = request
    const at = this.#header(request, IO_HEADER, type === m.Tread ? IO_HEADER : IO_HEADER + p.byteLength)
    const b = this.#writer.bytes
    putUint32(b, at, fid)
    putOffset(b, at + 4, offset)
    putUint32(b, at + 12, p.byteLength)
    return request
  }

  // Frames the first `here` of a message's `size` bytes and gives where its fields begin.
  #header(request: Request, here: number, size: number): number {
    const at = this.#writer.frame(here)
    const b = this.#writer.bytes
    putUint32(b, at, size)
    b[at + 4] = request.type
    putUint16(b, at + 5, request.tag)
    return at + HEADER_SIZE
  }

  async #receive(): Promise<void> {
    const reader = this.#reader
    try {
      for (;;) {
        while (reader.next()) this.#reply()
        const have = reader.partial(4)
        if (have > 0 && reader.type === m.Rread) await this.#readRest(have)
        else if (!(await reader.fill())) throw new SessionError('9P session ended: the link was cut')
      }
    } catch (e) {
      if (e instanceof SessionError) this.fail(e)
      else if (!(e instanceof MessageError)) this.fail(cutBy(e))
      else this.fail(new SessionError(`9P session ended: ${e.message}`, { cause: e }))
    }
  }

  #outstanding(): Request | null {
    const { tag } = this.#reader
    return tag === NOTAG ? this.#version : (this.#requests[tag] ?? null)
  }

  // Reads the rest of a long Rread from the stream straight into the buffer of its request.
  async #readRest(have: number): Promise<void> {
    const { bytes, start } = this.#reader
    const request = this.#outstanding()
    const count = getUint32(bytes, start + HEADER_SIZE)
    const agree = count === getUint32(bytes, start) - RREAD_HEADER
    const data = request?.type === m.Tread && !request.isSettled ? request.data : null
    if (!agree || request === null || data === null || data.byteLength < count) {
      await this.#reader.fill() // the frame is judged as every other when it is complete
      return
    }
    checkCount(count, request.count)
    const here = have - RREAD_HEADER
    data.set(bytes.subarray(start + RREAD_HEADER, start + have))
    const isKept = await this.#reader.finish(data.subarray(here, count), count - here)
    if (this.error !== null) return
    if (isKept) this.#settle(request, count)
    else this.#refuse(request, lostBuffer())
  }

  #reply(): void {
    const { bytes, start, end, type } = this.#reader
    const request = this.#outstanding()
    // A reply to no request is passed over: a server may answer what was given up.
    if (request === null) return
    if (request.type === m.Tversion && type === RLERROR) {
      throw new SessionError('9P server does not speak 9P2000 but 9P2000.L')
    }
    if (type !== request.type + 1 && type !== m.Rerror) {
      throw new MessageError(`message of type ${type} in reply to one of type ${request.type}`)
    }
    if (request.old !== null) {
      this.#flushed(request, request.old, type)
    } else if (type === m.Rread && request.data !== null) {
      const count = end - start < RREAD_HEADER ? -1 : getUint32(bytes, start + HEADER_SIZE)
      if (count !== end - start - RREAD_HEADER) throw new MessageError('count and size of a message disagree')
      checkCount(count, request.count)
      if (request.data.byteLength < count) {
        this.#refuse(request, lostBuffer())
        return
      }
      if (!request.isSettled) request.data.set(bytes.subarray(start + RREAD_HEADER, end))
      this.#settle(request, count)
    } else {
      const message = decodeMessage(bytes, start, end)
      if (message.type === m.Rwrite && request.data !== null) {
        checkCount(message.count, request.count)
        this.#settle(request, message.count)
      } else if (message.type !== m.Rerror) {
        this.#settle(request, message)
      } else {
        this.#refuse(request, request.isFlushing ? request.reason : new RemoteError(message.ename))
      }
    }
  }

  #settle(request: Request, value: unknown): void {
    this.#answered(request)
    if (!request.isSettled) request.resolve(value)
  }

  #refuse(request: Request, error: unknown): void {
    this.#answered(request)
    if (!request.isSettled) request.reject(error)
  }

  // The tag of a request that is being flushed is free only after Rflush.
  #answered(request: Request): void {
    if (!request.isFlushing && request.tag !== NOTAG) this.#free(request.tag)
  }

  #flushed(flush: Request, old: Request, type: number): void {
    this.#free(flush.tag)
    flush.resolve(null)
    old.isFlushing = false
    // A server that will not flush may still answer: the tag stays taken until it does.
    if (type === m.Rflush || old.isSettled) this.#free(old.tag)
    if (!old.isSettled) old.reject(old.reason)
  }

  #free(tag: number): void {
    this.#requests[tag] = null
    this.#tags.give(tag)
  }
}

function cutBy(error: unknown): SessionError {
  return new SessionError(`9P session ended: the link was cut: ${asError(error).message}`, { cause: error })
}

function checkCount(count: number, most: number): void {
  if (count > most) throw new MessageError(`reply counts ${count} bytes, more than the ${most} asked for`)
}
