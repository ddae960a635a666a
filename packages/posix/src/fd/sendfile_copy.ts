import { byteLengthOf, type IOOptions } from '@net/contract'
import { checkKept, Ending } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import type { Mover } from './sendfile_op.ts'
import { send } from '../sys/syscall.ts'

/** Moves the chunks of an iteration by writing them, which works for every source. */
export class CopyMover implements Mover {
  readonly call = 'write'
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #reading = new Ending()
  readonly #close: () => void
  #wake: () => void = () => {} // until start
  #chunk: Uint8Array | null = null
  #left = 0 // bytes of the chunk
  #asking = false
  #ended = false
  #failure: Error | null = null

  /**
   * Makes a mover of chunks, whose reading is to end with the options; `close` is called when they are not
   * used any more.
   */
  constructor(chunks: (reading: IOOptions) => AsyncIterator<Uint8Array>, close: () => void = () => {}) {
    this.#chunks = chunks(this.#reading)
    this.#close = close
  }

  start(wake: () => void): void {
    this.#wake = wake
  }

  move(to: FD, max: number): number {
    if (this.#failure !== null) throw this.#failure
    const chunk = this.#chunk
    if (chunk !== null) {
      checkKept(chunk, this.#left)
      const n = send(to.fd, chunk, Math.min(this.#left, max), abi.MSG_NOSIGNAL)
      if (n === EAGAIN) to.writeReady = false
      else if (n > 0) this.#take(n < this.#left ? chunk.subarray(n) : null)
      return n
    }
    if (this.#ended) return 0
    this.#ask()
    return EAGAIN
  }

  #ask(): void {
    if (this.#asking) return
    this.#asking = true
    this.#chunks.next().then(
      (result) => {
        if (result.done) this.#ended = true
        else this.#take(result.value)
        this.#settled()
      },
      (e: unknown) => {
        this.#failure = e as Error
        this.#settled()
      },
    )
  }

  #take(chunk: Uint8Array | null): void {
    this.#left = chunk === null ? 0 : byteLengthOf(chunk)
    this.#chunk = this.#left === 0 ? null : chunk
  }

  #settled(): void {
    this.#asking = false
    this.#wake()
  }

  instead(): null {
    return null
  }

  // `return` of a source waits for a read of it that is under way, which the end of the reading ends.
  end(): void {
    this.#reading.end(new DOMException('This operation was aborted', 'AbortError'))
    const ended = this.#chunks.return?.() ?? Promise.resolve()
    ended
      .catch(() => {
        // An error of the source concerns nobody any more.
      })
      .finally(this.#close)
  }
}
