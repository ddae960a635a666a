import type { Addr } from '@net/addr'
import { OpError } from '@net/contract'
import type { LaneOwner } from '@net/io'
import type { Time } from '../clock/time.ts'

/** Something that is open: a connection, a listener, a socket. */
export interface Open {
  /** What it is: 'tcp 10.0.0.1:1 -> 10.0.0.2:2'. */
  readonly what: string
  /** How many operations wait. */
  readonly pending: number
  /** Where it was made. */
  readonly stack: string
}

/** What the lanes of a socket share: its addresses, for errors, and the count of what waits. */
export class Hold implements LaneOwner, Open {
  readonly net: string
  localAddr: Addr | null
  remoteAddr: Addr | null
  /** How many operations wait. */
  pending = 0
  readonly #time: Time
  readonly #made: Error
  #wanted = true

  /** Makes the part of a socket. */
  constructor(time: Time, net: string, localAddr: Addr | null, remoteAddr: Addr | null) {
    this.#time = time
    this.net = net
    this.localAddr = localAddr
    this.remoteAddr = remoteAddr
    this.#made = new Error('made here')
  }

  get what(): string {
    const ends = [this.localAddr, this.remoteAddr].filter((a) => a !== null).map(String)
    return `${this.net} ${ends.join(' -> ')}`
  }

  get stack(): string {
    return (this.#made.stack ?? '').split('\n').slice(1).join('\n')
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.localAddr, this.remoteAddr, cause)
  }

  waiting(change: 1 | -1): void {
    this.pending += change
    this.#time.touch()
    if (this.#wanted) this.#time.hold(change)
  }

  /** A program has called. */
  called(): void {
    this.#time.touch()
  }

  /** What waits keeps the process alive. */
  ref(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#time.hold(this.pending)
  }

  /** What waits lets the process exit. */
  unref(): void {
    if (!this.#wanted) return
    this.#wanted = false
    this.#time.hold(-this.pending)
  }
}
