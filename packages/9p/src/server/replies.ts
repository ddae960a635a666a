import { asError } from '@net/contract'
import { putUint16, putUint32, textLength } from '../wire/bytes.ts'
import { encodeMessage, messageSize } from '../wire/codec.ts'
import { ERRMAX, HEADER_SIZE } from '../wire/constants.ts'
import type { FrameWriter } from '../wire/frame_writer.ts'
import * as m from '../wire/message.ts'

/** The bytes before the data of Rread. */
export const RREAD_HEADER = HEADER_SIZE + 4

const SOON = 0.2 // milliseconds
const CREDIT = 4 // how many answers that came soon are remembered
const MISS = 2 // what one that did not costs

/**
 * Writes the replies of a server's session. Where data follow a write soon, as an answer does its question,
 * Rwrite leaves together with them: the client has one message less to wake up for, and this end one to send.
 */
export class Replies {
  /** How many have been written. */
  sent = 0
  readonly #writer: FrameWriter
  #credit = 0
  #missed = 0 // the writer's count, when last seen
  #late = false // whether an Rwrite waits for data
  #wrote = -Infinity // when an Rwrite did not wait

  /** Makes a sender of replies through `writer`. */
  constructor(writer: FrameWriter) {
    this.#writer = writer
  }

  /** Sends a reply; one that is longer than `msize`, or can't be encoded, goes as Rerror. */
  message(x: m.RMessage, msize: number): void {
    let size = 0
    try {
      size = messageSize(x)
      if (size > msize) throw new Error(`reply of ${size} bytes is longer than msize`)
      const at = this.#writer.frame(size)
      encodeMessage(x, this.#writer.bytes, at)
      this.sent++
    } catch (e) {
      if (size > 0 && size <= msize) this.#writer.undo(size)
      this.error(x.tag, e, msize)
    }
  }

  /** Sends Rerror with the error's text, as much of it as ERRMAX and msize allow. */
  error(tag: number, error: unknown, msize: number): void {
    const most = Math.min(ERRMAX - 1, msize - HEADER_SIZE - 2)
    const x: m.Rerror = { type: m.Rerror, tag, ename: cutText(asError(error).message, most) }
    const at = this.#writer.frame(messageSize(x)) // which may be in other memory than the last
    encodeMessage(x, this.#writer.bytes, at)
    this.sent++
  }

  /** Sends a reply that has no fields. */
  bare(type: number, tag: number): void {
    this.#header(HEADER_SIZE, type, tag)
  }

  /** Sends Rwrite; `reading` says that a read of the same file is pending. */
  count(tag: number, count: number, reading: boolean): void {
    const at = this.#header(HEADER_SIZE + 4, m.Rwrite, tag, reading && this.#patient())
    putUint32(this.#writer.bytes, at, count)
  }

  /**
   * Sends Rread with the first `count` bytes behind the {@link RREAD_HEADER} in `frame`, a buffer of the
   * pool.
   */
  data(tag: number, frame: Uint8Array<ArrayBuffer>, count: number): void {
    const size = RREAD_HEADER + count
    putUint32(frame, 0, size)
    frame[4] = m.Rread
    putUint16(frame, 5, tag)
    putUint32(frame, HEADER_SIZE, count)
    this.#writer.payload(size === frame.byteLength ? frame : frame.subarray(0, size), frame)
    this.sent++
    if (this.#late || performance.now() - this.#wrote < SOON)
      this.#credit = Math.min(this.#credit + 1, CREDIT)
    this.#late = false
    this.#wrote = -Infinity
  }

  // Whether an Rwrite shall wait for data: while they have come soon, of late.
  #patient(): boolean {
    const { missed } = this.#writer
    if (missed !== this.#missed) {
      this.#missed = missed
      this.#credit = Math.max(this.#credit - MISS, 0)
    }
    this.#late = this.#credit > 0
    if (!this.#late) this.#wrote = performance.now()
    return this.#late
  }

  #header(size: number, type: number, tag: number, patient = false): number {
    const at = this.#writer.frame(size, patient)
    const b = this.#writer.bytes
    putUint32(b, at, size)
    b[at + 4] = type
    putUint16(b, at + 5, tag)
    this.sent++
    return at + HEADER_SIZE
  }
}

// An error's text without NUL, cut to `most` bytes of UTF-8 between characters; never empty.
function cutText(text: string, most: number): string {
  const clean = text.replaceAll('\0', '')
  if (clean === '') return 'i/o error'
  if (textLength(clean) <= most) return clean
  let cut = ''
  let length = 0
  for (const c of clean) {
    length += textLength(c)
    if (length > most) break
    cut += c
  }
  return cut
}
