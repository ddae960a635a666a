import { BufferPool } from '../wire/buffer_pool.ts'
import { getOffset, getUint16, getUint32 } from '../wire/bytes.ts'
import { Call } from './call.ts'
import type { CallTable } from './call_table.ts'
import { HEADER_SIZE, IOHDRSZ } from '../wire/constants.ts'
import { MessageError } from '../wire/cursor.ts'
import type { FidTable } from './fid_table.ts'
import type { FrameReader } from '../wire/frame_reader.ts'
import { Twrite } from '../wire/message.ts'
import { type Replies, RREAD_HEADER } from './replies.ts'
import type { ServerFid } from './server_fid.ts'

/** The buffers of all sessions: replies are read into them, and long writes received. */
export const buffers = new BufferPool()

const IO_HEADER = HEADER_SIZE + 16 // of Tread, and of Twrite before its data
const LONG = 16 * 1024 // bytes of a Twrite whose data get a buffer of their own while they come

/** A Twrite whose data are received into a buffer, where they stay until the tree has taken them. */
export interface LongWrite {
  readonly type: typeof Twrite
  readonly tag: number
  /** The message before its data. */
  readonly head: Uint8Array
  readonly buffer: Uint8Array<ArrayBuffer>
  readonly data: Uint8Array
  /** The part of the data that is yet to come. */
  readonly rest: Uint8Array
}

/** The reads and writes of a server's session, and the memory that those hold which are pending. */
export class Transfers {
  readonly #reader: FrameReader
  readonly #replies: Replies
  readonly #calls: CallTable
  readonly #fids: FidTable
  readonly #maxBytes: number
  #bytes = 0 // of the buffers of pending reads and long writes

  /** Takes the requests from `reader`; those that are pending hold `maxBytes` at most. */
  constructor(reader: FrameReader, replies: Replies, calls: CallTable, fids: FidTable, maxBytes: number) {
    this.#reader = reader
    this.#replies = replies
    this.#calls = calls
    this.#fids = fids
    this.#maxBytes = maxBytes
  }

  /** Does the Tread at the reader. Throws why it can't. */
  read(): void {
    const { bytes, start, end, tag } = this.#reader
    if (end - start !== IO_HEADER) throw new MessageError('Tread is not 23 bytes long')
    const fid = this.#fids.get(getUint32(bytes, start + 7))
    const offset = getOffset(bytes, start + 11)
    const count = Math.min(getUint32(bytes, start + 19), this.#reader.limit - IOHDRSZ)
    const file = fid.readable
    this.#reserve(count)
    const call = new Call(tag)
    const frame = buffers.take(RREAD_HEADER + count)
    const p = frame.subarray(RREAD_HEADER, RREAD_HEADER + count)
    let n: number | Promise<number>
    if (fid.isDirectory) n = fid.readDirectory(p, offset, call)
    else if (file.read === undefined) throw new Error('inappropriate use of fd')
    else n = file.read(p, offset, call)
    if (typeof n === 'number') this.#replies.data(tag, frame, checkCount(n, count))
    else void this.#readLater(call, fid, frame, count, n)
  }

  /** Does the Twrite at the reader. Throws why it can't. */
  write(): void {
    const { bytes, start, end } = this.#reader
    if (end - start < IO_HEADER) throw new MessageError('count and size of Twrite disagree')
    this.#write(bytes.subarray(start, start + IO_HEADER), bytes.subarray(start + IO_HEADER, end), null)
  }

  /** Does a Twrite of which everything has come. Throws why it can't. */
  writeLong(long: LongWrite): void {
    this.#write(long.head, long.data, long.buffer)
  }

  /** The long Twrite that has begun to come; null when what comes is not one. */
  incoming(): LongWrite | null {
    const reader = this.#reader
    const have = reader.partial(IO_HEADER - HEADER_SIZE)
    const { bytes, start, tag, type } = reader
    if (have === 0 || type !== Twrite) return null
    const count = getUint32(bytes, start) - IO_HEADER
    if (count < LONG) return null
    const buffer = buffers.take(count)
    const data = buffer.subarray(0, count)
    data.set(bytes.subarray(start + IO_HEADER, start + have))
    const head = bytes.slice(start, start + IO_HEADER)
    return { type, tag, head, buffer, data, rest: data.subarray(have - IO_HEADER) }
  }

  async #readLater(
    call: Call,
    fid: ServerFid,
    frame: Uint8Array<ArrayBuffer>,
    count: number,
    result: Promise<number>,
  ): Promise<void> {
    this.#calls.add(call)
    this.#bytes += count
    fid.enter(true)
    try {
      const n = checkCount(await result, count)
      if (!call.dropped) this.#replies.data(call.tag, frame, n)
    } catch (e) {
      // Whoever failed may have others at work on the buffer: it does not go back to the pool.
      this.#calls.fail(call, e, this.#reader.limit)
    }
    this.#bytes -= count
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
    this.#reserve(count)
    const call = new Call(getUint16(head, 5))
    const n = file.write(data, offset, call)
    if (typeof n !== 'number') {
      void this.#writeLater(call, fid, count, n, buffer)
      return
    }
    this.#replies.count(call.tag, checkCount(n, count), fid.reading)
    if (buffer !== null) buffers.give(buffer)
  }

  async #writeLater(
    call: Call,
    fid: ServerFid,
    count: number,
    result: Promise<number>,
    buffer: Uint8Array<ArrayBuffer> | null,
  ): Promise<void> {
    const chunk = buffer === null ? this.#reader.hold() : null
    if (buffer !== null) this.#bytes += count
    this.#calls.add(call)
    fid.enter()
    try {
      const n = checkCount(await result, count)
      if (!call.dropped) this.#replies.count(call.tag, n, fid.reading)
      if (buffer !== null) buffers.give(buffer)
    } catch (e) {
      // As with a read, the buffer does not go back to the pool.
      this.#calls.fail(call, e, this.#reader.limit)
    }
    if (chunk !== null) this.#reader.release(chunk)
    else this.#bytes -= count
    fid.leave()
    this.#calls.remove(call)
  }

  #reserve(count: number): void {
    if (this.#bytes + this.#reader.held + count > this.#maxBytes) throw new Error('too many bytes in flight')
  }
}

function checkCount(n: number, count: number): number {
  if (!Number.isInteger(n) || n < 0 || n > count) throw new Error('i/o error')
  return n
}
