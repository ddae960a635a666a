import { asError } from '@net/contract'
import { log } from '@net/io'
import { Call } from './call.ts'
import { CallTable } from './call_table.ts'
import { decodeMessage } from '../wire/codec.ts'
import { VERSION9P, VERSION_UNKNOWN } from '../wire/constants.ts'
import { MessageError } from '../wire/cursor.ts'
import { type FidRequest, FidTable } from './fid_table.ts'
import { FrameReader } from '../wire/frame_reader.ts'
import { FrameWriter } from '../wire/frame_writer.ts'
import * as m from '../wire/message.ts'
import { checkMsize, DEFAULT_MSIZE, MIN_MSIZE } from '../wire/msize.ts'
import { CALL_SIZE, Holdings, type Memory } from './holdings.ts'
import { DUPLICATE_TAG, TOO_MANY_REQUESTS } from './refusals.ts'
import { Pace } from './pace.ts'
import { Replies } from './replies.ts'
import type { Stream } from '../wire/stream.ts'
import { type LongWrite, Transfers } from './transfers.ts'
import { turns } from './turns.ts'
import type { Tree } from '../wire/tree.ts'

/** What one client may use. */
export interface ServeOptions {
  /** The longest message granted, in bytes. Default {@link DEFAULT_MSIZE}. */
  readonly msize?: number | undefined
  /** The most fids at a time; one more is refused with "too many fids". Default 16384. */
  readonly maxFids?: number | undefined
  /**
   * The most requests at a time; one more is refused with "too many requests". Tflush and Tclunk are not
   * refused, but at twice the number the session ends. Default 8192.
   */
  readonly maxRequests?: number | undefined
  /**
   * The most bytes of memory that the session holds: the buffers of pending reads and writes, and of replies
   * until they have left, 2 KiB for each pending request and 512 bytes for each fid. What would go above it
   * is refused with "too many bytes in flight". Default 64 MiB.
   */
  readonly maxBytes?: number | undefined
  /**
   * Memory that several sessions share: the same bytes are counted in it, and held to what it has room for.
   */
  readonly memory?: Memory | undefined
}

const LINGER = 1000 // ms that the last replies have to leave after the client has sent its last request

/**
 * Serves `tree` to the client at the other end of `stream`, which is the session's from then on. Requests are
 * begun in the order they come and run side by side. A frame whose size can't be true ends the session; a
 * message that is wrong in itself is answered with Rerror.
 *
 * @example
 * ```ts
 * import { Client, DONT_TOUCH, serve9P } from '@net/9p'
 * import { pipe } from '@net/core'
 *
 * const qid = { type: 0, version: 0, path: 1n }
 *
 * const [near, far] = pipe()
 * const session = serve9P(far, {
 *   attach: () => ({
 *     qid,
 *     open: () => Promise.reject(new Error('permission denied')),
 *     stat: () => ({ ...DONT_TOUCH, qid, name: 'only', length: 5n }),
 *   }),
 * })
 * const client = await Client.connect(near)
 * const root = await client.attach()
 * console.log((await root.stat()).name) // only
 * console.log(await root.open(0).catch((e) => e.message)) // permission denied
 * await client.close()
 * await session.done
 * ```
 */
export function serve9P(stream: Stream, tree: Tree, options: ServeOptions = {}): ServerSession {
  return new ServerSession(stream, tree, options)
}

/**
 * The server's end of a 9P2000 session; see {@link serve9P}, whose example shows one.
 *
 * @example
 * ```ts
 * import { Client, serve9P } from '@net/9p'
 * import { pipe } from '@net/core'
 *
 * const [near, far] = pipe()
 * const session = serve9P(far, { attach: () => Promise.reject(new Error('nobody may attach')) })
 * const client = await Client.connect(near)
 * console.log(await client.attach().catch((e) => e.message)) // nobody may attach
 * console.log(session.requests) // 2
 * await client.close()
 * await session.done
 * ```
 */
export class ServerSession {
  /** Resolves when the session is over, every file of it is closed, and the stream; never rejects. */
  readonly done: Promise<void>
  /** When bytes came last, or the session began: milliseconds of `performance.now()`. */
  heard = performance.now()
  /** What ended the session; null while it lasts, or when the client just left. */
  error: unknown = null
  readonly #holdings: Holdings
  readonly #stream: Stream
  readonly #reader: FrameReader
  readonly #writer: FrameWriter
  readonly #replies: Replies
  readonly #calls: CallTable
  readonly #fids: FidTable
  readonly #transfers: Transfers
  readonly #pace = new Pace()
  readonly #maxRequests: number
  readonly #maxMsize: number
  #requests = 0
  #ended = false
  #end: () => void = () => {}

  /** Begins to serve; see {@link serve9P}. */
  constructor(stream: Stream, tree: Tree, options: ServeOptions) {
    const { msize = DEFAULT_MSIZE, maxFids = 16384, maxRequests = 8192, maxBytes = 64 << 20 } = options
    const holdings = new Holdings(maxBytes, options.memory ?? null)
    this.#holdings = holdings
    this.#stream = stream
    this.#maxMsize = checkMsize(msize)
    this.#maxRequests = maxRequests
    this.#reader = new FrameReader(stream, msize)
    this.#writer = new FrameWriter(stream, holdings, (error) => this.#finish(error))
    this.#replies = new Replies(this.#writer)
    this.#calls = new CallTable(this.#replies, holdings)
    this.#fids = new FidTable(tree, maxFids, holdings)
    this.#transfers = new Transfers(this.#reader, this.#replies, this.#calls, this.#fids, holdings)
    this.done = new Promise((resolve) => {
      this.#end = resolve
    })
    void this.#receive()
  }

  /** The longest message, in bytes. */
  get msize(): number {
    return this.#reader.limit
  }

  /** The number of requests that came: each is answered, dropped with its session, or pending. */
  get requests(): number {
    return this.#requests
  }

  /** The number of replies that were sent. */
  get replies(): number {
    return this.#replies.sent
  }

  /**
   * The number of requests that were not answered because a Tversion or the end of the session came first.
   */
  get dropped(): number {
    return this.#calls.dropped
  }

  /** The number of requests that wait for the tree, and of flushes that wait for one of those. */
  get pending(): number {
    return this.#calls.size
  }

  /** The number of fids that are bound, or about to be. */
  get fids(): number {
    return this.#fids.size
  }

  /** The number of files that are open. */
  get openFiles(): number {
    return this.#fids.open
  }

  /** The bytes of memory held, as `maxBytes` counts them. */
  get bytes(): number {
    return this.#holdings.bytes
  }

  /**
   * Ends the session: what is pending is aborted, every file closed. Resolves as {@link done} does and never
   * rejects.
   */
  async close(): Promise<void> {
    this.#finish(null)
    await this.done
  }

  /** Closes the session as {@link close} does, and never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #receive(): Promise<void> {
    const reader = this.#reader
    try {
      do {
        while (!this.#ended && reader.next()) {
          const wait = this.#request()
          if (wait !== undefined) await wait
          // A chunk may hold more than a thousand requests that are answered at once: other sessions have
          // their turn between.
          const turn = turns.next()
          if (turn !== null) await turn
          // A client that does not read its replies is not read from.
          if (this.#writer.pending > 2 * this.#maxMsize) await this.#writer.drained()
        }
      } while (!this.#ended && (await this.#more()))
      await this.#linger()
      this.#finish(null)
    } catch (e) {
      this.#finish(e)
    }
  }

  // Receives more; false at the end of the stream.
  async #more(): Promise<boolean> {
    const long = this.#transfers.incoming()
    if (long !== null) await this.#transfers.receive(long)
    else if (!(await this.#reader.fill())) return false
    this.heard = performance.now()
    if (long === null || this.#ended) return true
    void this.#request(long)
    if (long.buffer === null) await this.#pace.wait(long.count)
    return true
  }

  // Lets go of everything and gives the last replies time to leave.
  async #linger(): Promise<void> {
    if (this.#ended) return
    this.#calls.drop()
    await this.#fids.clear()
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LINGER)
    })
    await Promise.race([this.#writer.drained(), late])
    clearTimeout(timer)
  }

  #finish(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.error = error
    if (error !== null) log(`9P session ended: ${String(asError(error))}`)
    this.#pace.end()
    this.#writer.stop()
    this.#calls.drop()
    void Promise.allSettled([this.#fids.clear(), this.#stream.close()]).then(() => {
      this.#holdings.end()
      this.#end()
    })
  }

  // Takes the request at the reader, or a long write. Gives a promise only for what must be over before the
  // next request is looked at.
  #request(long: LongWrite | null = null): Promise<void> | undefined {
    const { type, tag } = long ?? this.#reader
    this.#requests++
    try {
      if (type === m.Tversion) return this.#version()
      if (this.#calls.has(tag)) throw DUPLICATE_TAG
      if (this.#calls.size >= this.#maxRequests) this.#refuse(type)
      if (type !== m.Tflush && type !== m.Tclunk) this.#holdings.check(CALL_SIZE)
      if (long !== null) this.#transfers.writeLong(long)
      else if (type === m.Tread) this.#transfers.read()
      else if (type === m.Twrite) this.#transfers.write()
      else this.#other()
    } catch (e) {
      if (long !== null) this.#transfers.refuse(long)
      this.#replies.error(tag, e, this.msize)
    }
    return undefined
  }

  #refuse(type: number): void {
    if (type !== m.Tflush && type !== m.Tclunk) throw TOO_MANY_REQUESTS
    if (this.#calls.size < 2 * this.#maxRequests) return
    this.#finish(new Error(TOO_MANY_REQUESTS.message))
    throw TOO_MANY_REQUESTS
  }

  async #version(): Promise<void> {
    const { bytes, start, end, tag } = this.#reader
    try {
      const x = decodeMessage(bytes, start, end)
      this.#calls.drop()
      await this.#fids.clear()
      if (x.type === m.Tversion) this.#agree(x)
    } catch (e) {
      this.#replies.error(tag, e, this.msize)
    }
  }

  #agree(x: m.Tversion): void {
    if (x.msize < MIN_MSIZE) throw new Error('message size too small')
    const msize = Math.min(x.msize, this.#maxMsize)
    // version(5): what follows a period names a dialect, which may be answered without it.
    const known = x.version === VERSION9P || x.version.startsWith(`${VERSION9P}.`)
    if (known) this.#reader.limit = msize
    const version = known ? VERSION9P : VERSION_UNKNOWN
    this.#replies.message({ type: m.Rversion, tag: x.tag, msize, version }, msize)
  }

  #other(): void {
    const { bytes, start, end } = this.#reader
    const x = decodeMessage(bytes, start, end)
    switch (x.type) {
      case m.Tflush:
        this.#calls.flush(x)
        break
      case m.Tauth:
      case m.Tattach:
      case m.Twalk:
      case m.Topen:
      case m.Tcreate:
      case m.Tclunk:
      case m.Tremove:
      case m.Tstat:
      case m.Twstat:
        void this.#perform(x)
        break
      default:
        throw new MessageError(`message of type ${x.type} is no request`)
    }
  }

  async #perform(x: FidRequest): Promise<void> {
    const call = new Call(x.tag)
    this.#calls.add(call)
    try {
      const reply = await this.#fids.perform(x, call, this.msize)
      if (!call.dropped) this.#replies.message(reply, this.msize)
    } catch (e) {
      this.#calls.fail(call, e, this.msize)
    }
    this.#calls.remove(call)
  }
}
