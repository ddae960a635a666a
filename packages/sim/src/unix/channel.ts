import type { UnixAddr } from '@net/addr'
import { WAIT } from '../socket/stream_op.ts'

const ROOM = 212_992 // bytes that may wait (net.core.wmem_default)

/** A message, or a part of a stream, that waits. */
export interface Message {
  readonly data: Uint8Array
  readonly from: UnixAddr
}

/** One direction of a Unix socket: bytes, or messages with their borders. */
export class Channel {
  /** The bytes that may wait. */
  room = ROOM
  /** Told when something can be read: bytes, the end, an error. */
  onReadable: () => void = () => {}
  /** Told when there is room, or will never be any. */
  onWritable: () => void = () => {}
  readonly #waiting: Message[] = []
  readonly #writers = new Set<() => void>()
  #held = 0
  #ended = false
  #broken = false
  #error: string | null = null

  /** Whether nobody reads any more. */
  get isBroken(): boolean {
    return this.#broken
  }

  /** Whether something waits to be read. */
  get hasUnread(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes as many bytes of a stream as there is room for, as a copy; gives how many. */
  putPart(p: Uint8Array, from: UnixAddr): number {
    const part = p.slice(0, Math.max(0, this.room - this.#held))
    if (part.byteLength > 0) this.#put({ data: part, from })
    return part.byteLength
  }

  /** Takes a whole message, as a copy; gives null, the name of what is wrong, or that it has to wait. */
  putMessage(p: Uint8Array, from: UnixAddr): string | null {
    if (p.byteLength > this.room) return 'EMSGSIZE'
    if (this.#held + p.byteLength > this.room) return WAIT
    this.#put({ data: p.slice(), from })
    return null
  }

  /** Reads bytes of a stream: how many; null at the end; else the name of an error, or that it has to wait. */
  takeBytes(p: Uint8Array): number | null | string {
    const first = this.#waiting[0]
    if (first === undefined) return this.#nothing()
    const part = first.data.subarray(0, p.byteLength)
    p.set(part)
    if (part.byteLength === first.data.byteLength) this.#waiting.shift()
    else this.#waiting[0] = { data: first.data.subarray(part.byteLength), from: first.from }
    this.#free(part.byteLength)
    return part.byteLength
  }

  /** Reads a message: null at the end; else the name of an error, or that it has to wait. */
  takeMessage(): Message | null | string {
    const first = this.#waiting.shift()
    if (first === undefined) return this.#nothing()
    this.#free(first.data.byteLength)
    return first
  }

  /** Nothing more comes; what waits can still be read. */
  end(): void {
    this.#ended = true
    this.onReadable()
  }

  /** Nobody reads any more: what waits is gone. */
  break(): void {
    this.#broken = true
    this.#waiting.length = 0
    this.#held = 0
    this.#tellWriters()
  }

  /** The next read fails, once. */
  fail(error: string): void {
    this.#error = error
    this.onReadable()
  }

  /** Calls `retry` when there may be room: for writers that have no channel of their own. */
  whenRoom(retry: () => void): void {
    this.#writers.add(retry)
  }

  #put(message: Message): void {
    this.#held += message.data.byteLength
    this.#waiting.push(message)
    this.onReadable()
  }

  #free(bytes: number): void {
    this.#held -= bytes
    this.#tellWriters()
  }

  #tellWriters(): void {
    this.onWritable()
    const writers = [...this.#writers]
    this.#writers.clear()
    for (const retry of writers) retry()
  }

  #nothing(): null | string {
    const error = this.#error
    this.#error = null
    return error ?? (this.#ended || this.#broken ? null : WAIT)
  }
}
