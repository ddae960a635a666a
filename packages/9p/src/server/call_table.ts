import { Call, interrupted } from './call.ts'
import { CALL_SIZE, type Holdings } from './holdings.ts'
import * as m from '../wire/message.ts'
import type { Replies } from './replies.ts'

/**
 * The requests of a server's session that are pending, and the order in which they and their flushes are
 * answered.
 */
export class CallTable {
  /** How many were never answered, because their session ended first. */
  dropped = 0
  readonly #replies: Replies
  readonly #holdings: Holdings
  #calls = new Map<number, Call>()

  /** Makes an empty table that answers through `replies`, and counts in `holdings` what is pending. */
  constructor(replies: Replies, holdings: Holdings) {
    this.#replies = replies
    this.#holdings = holdings
  }

  /** How many are pending. */
  get size(): number {
    return this.#calls.size
  }

  /** Whether one of this tag is pending. */
  has(tag: number): boolean {
    return this.#calls.has(tag)
  }

  /** Adds one that can't be answered at once. */
  add(call: Call): void {
    this.#calls.set(call.tag, call)
    this.#holdings.hold(CALL_SIZE)
  }

  /** Forgets one that was answered or dropped, and answers those that flushed it. */
  remove(call: Call): void {
    if (call.dropped) return
    this.#delete(call.tag)
    const waiting = call.flushes
    if (waiting === null) return
    // A flush may itself have been flushed: its flushes come after it.
    for (let flush = waiting[0], i = 1; flush !== undefined; flush = waiting[i++]) {
      this.#delete(flush.tag)
      this.#replies.bare(m.Rflush, flush.tag)
      for (const next of flush.flushes ?? []) waiting.push(next)
    }
  }

  /**
   * Takes a Tflush: the old request, if it is still there, is asked to end. It is answered first, with its
   * result or, as Plan 9 does, with "interrupted".
   */
  flush(x: m.Tflush): void {
    const old = this.#calls.get(x.oldtag)
    if (old === undefined) {
      this.#replies.bare(m.Rflush, x.tag)
      return
    }
    const call = new Call(x.tag)
    this.add(call)
    old.flushes ??= []
    old.flushes.push(call)
    old.abort()
  }

  /** Answers one with the error it failed with. */
  fail(call: Call, error: unknown, msize: number): void {
    if (!call.dropped) this.#replies.error(call.tag, call.isOver ? interrupted() : error, msize)
  }

  /** Aborts all of them; they will not be answered. */
  drop(): void {
    const calls = this.#calls
    this.#calls = new Map()
    this.dropped += calls.size
    this.#holdings.hold(-CALL_SIZE * calls.size)
    for (const call of calls.values()) {
      call.dropped = true
      call.abort()
    }
  }

  #delete(tag: number): void {
    if (this.#calls.delete(tag)) this.#holdings.hold(-CALL_SIZE)
  }
}
