import { getOffset, getUint16, getUint32 } from '../wire/bytes.ts'
import { Call } from './call.ts'
import type { CallTable } from './call_table.ts'
import { HEADER_SIZE, IOHDRSZ } from '../wire/constants.ts'
import { MessageError } from '../wire/cursor.ts'
import type { FidTable } from './fid_table.ts'
import type { FrameReader } from '../wire/frame_reader.ts'
import type { Holdings } from './holdings.ts'
import { Twrite } from '../wire/message.ts'
import { TOO_MANY_BYTES } from './refusals.ts'
import { type Replies, RREAD_HEADER } from './replies.ts'
import type { ServerFid } from './server_fid.ts'

const IO_HEADER = HEADER_SIZE + 16 // of Tread, and of Twrite before its data
const LONG = 16 * 1024 // bytes of a Twrite whose data get a buffer of their own while they come

/** A Twrite whose data are received into a buffer, where they stay until the tree has taken them. */
export interface LongWrite {
  readonly type: typeof Twrite
  readonly tag: number
  /** The message before its data. */
  readonly head: Uint8Array
  /** Null when there was no room for the data: they are lost, and it will be refused. */
  readonly buffer: Uint8Array<ArrayBuffer> | null
  /** How many bytes the data have. */
  readonly count: number
  /** How many of those are yet to come. */
  readonly missing: number
}

/** The reads and writes of a server's session. */
export class Transfers {
  readonly #reader: FrameReader
  readonly #replies: Replies
  readonly #calls: CallTable
  readonly #fids: FidTable
  readonly #holdings: Holdings
  readonly #usual: number // bytes of the reader's memory at first
  #received = 0 // bytes of the reader's memory that are counted as held

  /** Takes the requests from `reader`, and counts in `holdings` the memory of those that are pending. */
  constructor(reader: FrameReader, replies: Replies, calls: CallTable, fids: FidTable, holdings: Holdings) {
    this.#reader = reader
    this.#replies = replies
    this.#calls = calls
    this.#fids = fids
    this.#holdings = holdings
    this.#usual = reader.bytes.byteLength
  }

  /** Does the Tread at the reader. Throws when it can't be done. */
  read(): void {
    const { bytes, start, end, tag } = this.#reader
    if (end - start !== IO_HEADER) throw new MessageError('Tread is not 23 bytes long')
    const fid = this.#fids.get(getUint32(bytes, start + 7))
    const offset = getOffset(bytes, start + 11)
    const count = Math.min(getUint32(bytes, start + 19), this.#reader.limit - IOHDRSZ)
    const file = fid.readable
    if (!fid.isDirectory && file.read === undefined) throw new Error('inappropriate use of fd')
    this.#count()
    const call = new Call(tag)
    const frame = this.#holdings.take(RREAD_HEADER + count)
    const p = frame.subarray(RREAD_HEADER, RREAD_HEADER + count)
    try {
      const n = fid.isDirectory ? fid.readDirectory(p, offset, call) : (file.read?.(p, offset, call) ?? 0)
      if (typeof n === 'number') this.#replies.data(tag, frame, checkCount(n, count))
      else void this.#readLater(call, fid, frame, count, n)
    } catch (e) {
      this.#holdings.abandon(frame)
      throw e
    }
  }

  /** Does the Twrite at the reader. Throws when it can't be done. */
  write(): void {
    const { bytes, start, end } = this.#reader
    if (end - start < IO_HEADER) throw new MessageError('count and size of Twrite disagree')
    const data = bytes.subarray(start + IO_HEADER, end)
    this.#count()
    this.#holdings.check(data.byteLength)
    this.#write(bytes.subarray(start, start + IO_HEADER), data, null)
  }

  /**
   * Does a Twrite of which everything has come. Throws when it can't be done, and then
   * {@link refuse} is to be called.
   */
  writeLong(long: LongWrite): void {
    const { head, buffer, count } = long
    this.#count()
    if (buffer === null) throw TOO_MANY_BYTES
    this.#holdings.check(0)
    this.#write(head, buffer.subarray(0, count), buffer)
  }

  /** Lets go of a long Twrite that was refused, at once, so that nobody has its buffer. */
  refuse({ buffer }: LongWrite): void {
    if (buffer !== null) this.#holdings.give(buffer)
  }

  /**
   * The long Twrite that has begun to come; null when what comes is not one. A client that sends more than
   * there is room for makes nobody allocate.
   */
  incoming(): LongWrite | null {
    const reader = this.#reader
    const have = reader.partial(IO_HEADER - HEADER_SIZE)
    const { bytes, start, tag, type } = reader
    if (have === 0 || type !== Twrite) return null
    const count = getUint32(bytes, start) - IO_HEADER
    if (count < LONG) return null
    const head = bytes.slice(start, start + IO_HEADER)
    const missing = count + IO_HEADER - have
    const buffer = this.#holdings.hasRoom(count) ? this.#holdings.take(count) : null
    buffer?.set(bytes.subarray(start + IO_HEADER, start + have))
    return { type, tag, head, buffer, count, missing }
  }

  /** Receives what is missing of a long Twrite. */
  async receive({ buffer, count, missing }: LongWrite): Promise<void> {
    if (buffer === null) await this.#reader.skip(missing)
    else await this.#reader.finish(buffer.subarray(count - missing, count))
  }

  async #readLater(
    call: Call,
    fid: ServerFid,
    frame: Uint8Array<ArrayBuffer>,
    count: number,
    result: Promise<number>,
  ): Promise<void> {
    this.#calls.add(call)
    fid.enter(true)
    try {
      const n = checkCount(await result, count)
      if (call.dropped) this.#holdings.give(frame)
      else this.#replies.data(call.tag, frame, n)
    } catch (e) {
      // The operation that failed may still write to the buffer.
      this.#holdings.abandon(frame)
      this.#calls.fail(call, e, this.#reader.limit)
    }
    fid.leave(true)
    this.#calls.remove(call)
  }

  // Writes `data`, which are in `buffer`, or when that is null where the frame was received.
  #write(head: Uint8Array, data: Uint8Array, buffer: Uint8Array<ArrayBuffer> | null): void {
    const count = data.byteLength
    if (getUint32(head, 19) !== count) throw new MessageError('count and size of Twrite disagree')
    const fid = this.#fids.get(getUint32(head, 7))
    const offset = getOffset(head, 11)
    const file = fid.writable
    if (file.write === undefined) throw new Error('inappropriate use of fd')
    const call = new Call(getUint16(head, 5))
    const n = file.write(data, offset, call)
    if (typeof n !== 'number') {
      void this.#writeLater(call, fid, count, n, buffer)
      return
    }
    this.#replies.count(call.tag, checkCount(n, count), fid.reading)
    if (buffer !== null) this.#holdings.give(buffer)
  }

  async #writeLater(
    call: Call,
    fid: ServerFid,
    count: number,
    result: Promise<number>,
    buffer: Uint8Array<ArrayBuffer> | null,
  ): Promise<void> {
    const chunk = buffer === null ? this.#reader.hold() : null
    this.#calls.add(call)
    fid.enter()
    try {
      const n = checkCount(await result, count)
      if (!call.dropped) this.#replies.count(call.tag, n, fid.reading)
      if (buffer !== null) this.#holdings.give(buffer)
    } catch (e) {
      // As with a read, the buffer is not used again.
      if (buffer !== null) this.#holdings.abandon(buffer)
      this.#calls.fail(call, e, this.#reader.limit)
    }
    if (chunk !== null) this.#reader.release(chunk)
    this.#count()
    fid.leave()
    this.#calls.remove(call)
  }

  // Counts the memory of the reader beyond what every session has: chunks that pending writes hold, and a
  // longer one.
  #count(): void {
    const { held, bytes } = this.#reader
    const received = held + bytes.byteLength - this.#usual
    this.#holdings.hold(received - this.#received)
    this.#received = received
  }
}

function checkCount(n: number, count: number): number {
  if (!Number.isInteger(n) || n < 0 || n > count) throw new Error('i/o error')
  return n
}
