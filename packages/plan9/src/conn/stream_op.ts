import { checkKept, Op, type LaneOwner } from '@net/io'
import type { ReadAhead } from './read_ahead.ts'
import type { WriteBehind } from './write_behind.ts'

/** Waits for bytes of a stream, or its end. */
export class ReadOp extends Op<number | null> {
  readonly #ahead: ReadAhead
  readonly #p: Uint8Array

  /** Makes a read into `p`. */
  constructor(ahead: ReadAhead, p: Uint8Array) {
    super('read')
    this.#ahead = ahead
    this.#p = p
  }

  attempt(): boolean {
    if (this.#ahead.ready) {
      checkKept(this.#p, 1)
      return this.done(this.#ahead.take(this.#p))
    }
    if (this.#ahead.error !== null) return this.fail(this.#ahead.error)
    if (this.#ahead.ended) return this.done(null)
    this.#ahead.ask()
    return false
  }
}

/** Waits until all of several buffers have been taken over. */
export class WriteOp extends Op<number> {
  readonly #behind: WriteBehind
  readonly #buffers: readonly Uint8Array[]
  readonly #lengths: readonly number[]
  #index = 0
  #offset = 0
  #n = 0

  /** Makes a write of `buffers`, in their order. */
  constructor(behind: WriteBehind, buffers: readonly Uint8Array[]) {
    super('write')
    this.#behind = behind
    this.#buffers = buffers
    this.#lengths = buffers.map((p) => p.byteLength)
  }

  attempt(): boolean {
    for (;;) {
      if (this.#behind.error !== null) return this.fail(this.#behind.error)
      const p = this.#buffers[this.#index]
      if (p === undefined) return this.done(this.#n)
      const byteLength = this.#lengths[this.#index] ?? 0
      checkKept(p, byteLength)
      const n = this.#behind.put(p, this.#offset, byteLength)
      this.#n += n
      this.#offset += n
      if (this.#offset < byteLength) return false
      this.#index++
      this.#offset = 0
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }
}
