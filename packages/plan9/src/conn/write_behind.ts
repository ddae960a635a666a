import { BufferPool } from '@net/9p'
import type { NetFile } from '@net/contract'
import { plan9Error } from '../file/errors.ts'

const LARGEST_MESSAGE = 524_288 // bytes
const LEAST_KEPT = 65_536 // bytes that a conversation keeps however small its messages are
const MOST_UNDER_WAY = 16 << 20 // bytes of all conversations, above which each keeps little
// How many microtasks a message with room waits for more: within them a program that awaits its writes has
// come to the next.
const GATHERING = 8

const pool = new BufferPool()
let underWay = 0 // bytes in all conversations

/** Bytes that are on their way, or wait to be. */
interface Part {
  readonly buffer: Uint8Array<ArrayBuffer>
  /** How many bytes it has room for. */
  readonly size: number
  /** Where those begin that are to go. */
  at: number
  /** Where they end. */
  end: number
}

/**
 * What has been written to a stream and waits for the tree's answer: bytes are copied, up to a limit, and
 * sent in order, in as few messages as the tree's answers allow. So a write need not wait for the far end,
 * and one that ends early knows which of its bytes go.
 */
export class WriteBehind {
  /** Why nothing more can be written. */
  error: Error | null = null
  /** How many messages have been answered: it grows while bytes go. */
  answers = 0
  readonly #file: NetFile
  readonly #wake: () => void
  readonly #busy: (change: 1 | -1) => void
  readonly #waiting: Part[] = []
  readonly #largest: number
  readonly #limit: number
  #pending = 0
  #bytes = 0 // on their way or waiting
  #puts = 0 // how often bytes were taken
  #isGathering = false
  #drained: (() => void)[] = []

  /**
   * Writes to `file`. `wake` is called when there is room again or an error, `busy` when bytes begin (1) and
   * cease (-1) to be on their way.
   */
  constructor(file: NetFile, wake: () => void, busy: (change: 1 | -1) => void) {
    this.#file = file
    this.#wake = wake
    this.#busy = busy
    this.#largest = Math.min(file.ioSize ?? LEAST_KEPT, LARGEST_MESSAGE)
    this.#limit = Math.max(LEAST_KEPT, 4 * this.#largest)
  }

  /** Whether nothing is on its way. */
  get idle(): boolean {
    return this.#bytes === 0
  }

  /** How many bytes it would take; -1 once nothing more can be written. */
  get room(): number {
    // A server keeps what is written until it has gone, and refuses everybody when that is too much.
    const limit = underWay > MOST_UNDER_WAY ? LEAST_KEPT : this.#limit
    return this.error === null ? Math.max(limit - this.#bytes, 0) : -1
  }

  /** Takes bytes of `p` from `at` to `end`, as many as there is room for, and gives their number. */
  put(p: Uint8Array, at: number, end: number): number {
    const to = Math.min(end, at + this.room)
    if (to <= at) return 0
    if (this.#bytes === 0) this.#busy(1)
    this.#puts++
    for (let i = at; i < to;) i += this.#append(p.subarray(i, to))
    this.#pump()
    return to - at
  }

  /** Resolves when everything has gone, or can't go any more. */
  drained(): Promise<void> {
    if (this.#bytes === 0) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Gives up what has not gone. */
  stop(error: Error): void {
    if (this.error === null) this.#fail(error)
  }

  #append(p: Uint8Array): number {
    let part = this.#waiting.at(-1)
    if (part === undefined || part.end === part.size) {
      // It has room for as much as there is already: what is written once goes at once, and more and more goes
      // together where much is written.
      const size = Math.min(Math.max(p.byteLength, this.#bytes), this.#largest)
      part = { buffer: pool.take(size), size, at: 0, end: 0 }
      this.#waiting.push(part)
    }
    const some = p.subarray(0, part.size - part.end)
    part.buffer.set(some, part.end)
    part.end += some.byteLength
    this.#count(some.byteLength)
    return some.byteLength
  }

  // Sends what waits, as far as the tree lets it. What has room left waits for more while something is on its
  // way, as one long message costs both ends less than many, but no longer than the program goes on writing.
  #pump(hasGathered = false): void {
    while (this.error === null && this.#pending < (this.#file.outstanding ?? 1)) {
      const part = this.#waiting[0]
      if (part === undefined) return
      if (part.end < part.size && this.#pending > 0 && !hasGathered) {
        void this.#gather()
        return
      }
      this.#waiting.shift()
      this.#pending++
      this.#file.write(part.buffer.subarray(part.at, part.end)).then(
        (n) => {
          this.#went(part, n)
        },
        (e: unknown) => {
          this.#pending--
          this.#fail(plan9Error('write', e))
        },
      )
    }
  }

  async #gather(): Promise<void> {
    if (this.#isGathering) return
    this.#isGathering = true
    for (let puts = -1; puts !== this.#puts;) {
      puts = this.#puts
      for (let i = 0; i < GATHERING; i++) await Promise.resolve()
    }
    this.#isGathering = false
    this.#pump(true)
  }

  #went(part: Part, n: number): void {
    this.#pending--
    this.answers++
    if (this.error !== null) return
    this.#count(-n)
    part.at += n
    if (part.at === part.end) {
      pool.give(part.buffer)
    } else {
      // Bytes that were sent behind these have gone before their rest, which would come out of order.
      if (n <= 0 || this.#pending > 0) {
        this.#fail(new Error('short write'))
        return
      }
      this.#waiting.unshift(part)
    }
    this.#pump()
    if (this.#bytes === 0) this.#done()
    this.#wake()
  }

  #count(change: number): void {
    this.#bytes += change
    underWay += change
  }

  #fail(error: Error): void {
    if (this.error !== null) return
    this.error = error
    this.#waiting.length = 0
    if (this.#bytes > 0) {
      this.#count(-this.#bytes)
      this.#done()
    }
    this.#wake()
  }

  #done(): void {
    this.#busy(-1)
    const drained = this.#drained
    this.#drained = []
    for (const resolve of drained) resolve()
  }
}
