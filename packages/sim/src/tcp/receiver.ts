import { Timer, type Time } from '../clock/time.ts'
import { ReceiveQueue } from './receive_queue.ts'

/** What a receiver needs of its connection. */
export interface ReceiverOwner {
  /** Sends an acknowledgement. */
  acknowledge(): void
  /** There is more to read, or the end. */
  readable(): void
}

const DELAY = 40 // milliseconds that an acknowledgement waits for something to go with (TCP_DELACK_MIN)

/** The receiving half of a connection: what came in, the window, and when that is acknowledged. */
export class Receiver {
  /** What came in. */
  readonly queue: ReceiveQueue
  /** Whether what comes in is dropped: nobody reads any more. */
  discards = false
  /** By how many bits the window is shifted on the wire. */
  scale = 0
  /** The bytes that may wait to be read. */
  size: number
  readonly #owner: ReceiverOwner
  readonly #delayed: Timer
  #edge: number // the sequence number behind the window that the peer was told
  #finAt = -1
  #ended = false
  #unacked = 0 // bytes that came in since the last acknowledgement
  #largest = 1 // bytes of the largest segment
  /** What the peer was told was received: everything before it. */
  told: number

  /** Makes the receiver of a connection whose peer's first byte has the sequence number `next`. */
  constructor(owner: ReceiverOwner, time: Time, next: number, size: number) {
    this.#owner = owner
    this.size = size
    this.queue = new ReceiveQueue(next)
    this.told = this.#edge = next
    this.#delayed = new Timer(time, () => {
      owner.acknowledge()
    })
  }

  /** The sequence number that is expected next. */
  get next(): number {
    return this.queue.next + (this.#ended ? 1 : 0)
  }

  /** Whether the peer has said the end, and everything before it is there. */
  get hasEnded(): boolean {
    return this.#ended
  }

  /** The sequence number behind the window: it never comes back. */
  get edge(): number {
    return Math.max(this.#edge, this.next)
  }

  /** The window for a segment that goes out now, which acknowledges everything: unscaled for a handshake. */
  window(scaled = true): number {
    this.#delayed.clear()
    this.#unacked = 0
    this.told = this.next
    const free = Math.max(0, this.size - this.queue.length)
    this.#edge = Math.max(this.edge, this.next + free)
    const field = Math.min(0xffff, Math.floor((this.#edge - this.next) / 2 ** (scaled ? this.scale : 0)))
    // What the field cannot say was not told.
    this.#edge = this.next + field * 2 ** (scaled ? this.scale : 0)
    return field
  }

  /** Takes what a segment carries. Gives whether it brought the end. */
  take(seq: number, data: Uint8Array, fin: boolean): boolean {
    const { queue } = this
    const room = Math.max(0, this.edge - seq)
    const fits = data.byteLength <= room ? data : data.subarray(0, room)
    const inOrder = seq <= queue.next && !queue.hasGap
    if (fin && fits === data) this.#finAt = seq + data.byteLength
    const more = queue.take(seq, fits, this.discards)
    const ends = this.#finAt >= 0 && queue.next === this.#finAt && !this.#ended
    if (ends) this.#ended = true
    this.#unacked += more
    this.#largest = Math.max(this.#largest, data.byteLength)
    if (ends || !inOrder || more === 0 || this.#unacked >= 2 * this.#largest) this.#owner.acknowledge()
    else if (!this.#delayed.isSet) this.#delayed.set(DELAY)
    if (more > 0 || ends) this.#owner.readable()
    return ends
  }

  /** A program has read: the peer is told when the window has become much larger. */
  freed(): void {
    if (this.#ended) return
    const window = this.next + this.size - this.queue.length - this.edge
    if (window >= Math.min(this.size / 2, 2 * this.#largest)) this.#owner.acknowledge()
  }

  /** Acknowledges nothing any more. */
  stop(): void {
    this.#delayed.clear()
  }
}
