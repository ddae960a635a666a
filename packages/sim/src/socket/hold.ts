import type { Addr } from '@net/addr'
import { OpError } from '@net/contract'
import { Lane, type LaneOwner } from '@net/io'
import type { Time } from '../clock/time.ts'
import { pendingIn, stackOf, type PendingOp } from './host_op.ts'

/** Something that is open: a connection, a listener, a socket, a dial. */
export interface Open {
  /** What it is: 'tcp 10.0.0.1:1 -> 10.0.0.2:2'. */
  readonly what: string
  /** The operations that wait. */
  readonly pending: readonly PendingOp[]
  /** Where it was made. */
  readonly stack: string
}

/** What the lanes of a socket share: its addresses, for errors, and the count of what waits. */
export class Hold implements LaneOwner, Open {
  readonly net: string
  localAddr: Addr | null
  remoteAddr: Addr | null
  readonly #time: Time
  readonly #made: Error
  readonly #lanes: Lane[] = []
  #waiting = 0 // operations
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
    return stackOf(this.#made)
  }

  get pending(): PendingOp[] {
    return pendingIn(this.#lanes)
  }

  /** A lane of it. */
  lane(): Lane {
    const lane = new Lane(this)
    this.#lanes.push(lane)
    return lane
  }

  /** Ends it, as its host has crashed: what waits and what is called later fails for this cause. */
  vanish(cause: Error): void {
    for (const lane of this.#lanes) lane.close(cause)
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.localAddr, this.remoteAddr, cause)
  }

  waiting(change: 1 | -1): void {
    this.#waiting += change
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
    this.#time.hold(this.#waiting)
  }

  /** What waits lets the process exit. */
  unref(): void {
    if (!this.#wanted) return
    this.#wanted = false
    this.#time.hold(-this.#waiting)
  }
}
