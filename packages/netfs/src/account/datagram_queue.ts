import type { IOOptions } from '@net/contract'
import { Condition } from '../base/condition.ts'
import type { Account } from './account.ts'

const MAX_BYTES = 128 * 1024 // the size of a queue, as of a kernel's receive buffer
const OVERHEAD = 64 // bytes that a datagram counts on top of its own

/**
 * Datagrams of one sender that wait to be read. A datagram for which there is no room is dropped, as a
 * network may do.
 */
export class DatagramQueue {
  readonly #session: Account
  readonly #changed = new Condition()
  #datagrams: Uint8Array[] = []
  #bytes = 0
  #closed = false

  /** Makes an empty queue of a session. */
  constructor(session: Account) {
    this.#session = session
  }

  /** The bytes of datagrams that wait. */
  get bytes(): number {
    return this.#bytes - OVERHEAD * this.#datagrams.length
  }

  /** Adds a copy of a datagram, or drops it. */
  push(datagram: Uint8Array): void {
    const size = datagram.byteLength + OVERHEAD
    if (this.#closed || this.#bytes + size > MAX_BYTES || !this.#session.reserve(size)) return
    this.#bytes += size
    this.#datagrams.push(datagram.slice())
    this.#changed.wakeAll()
  }

  /**
   * Waits for a datagram, puts what fits of it into `p` and gives how much; null when the queue is closed.
   */
  async read(p: Uint8Array, options: IOOptions): Promise<number | null> {
    for (;;) {
      const datagram = this.#datagrams.shift()
      if (datagram !== undefined) {
        this.#free(datagram.byteLength + OVERHEAD)
        const part = datagram.subarray(0, p.byteLength)
        p.set(part)
        return part.byteLength
      }
      if (this.#closed) return null
      await this.#changed.wait(options)
    }
  }

  /** Drops everything; reads give null. */
  close(): void {
    this.#closed = true
    this.#datagrams = []
    this.#free(this.#bytes)
    this.#changed.wakeAll()
  }

  #free(bytes: number): void {
    this.#bytes -= bytes
    this.#session.free(bytes)
  }
}
