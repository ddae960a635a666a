import type { KeepAliveConfig } from '@net/contract'
import { Timer, type Time } from '../clock/time.ts'

/** What keep-alive needs of its connection. */
export interface KeepAliveOwner {
  /** Whether the connection waits for an answer anyway. */
  isBusy(): boolean
  /** Asks the peer for a sign of life. */
  probe(): void
  /** There was none. */
  gaveUp(): void
}

/** Probes of an idle connection. */
export class KeepAlive {
  readonly #owner: KeepAliveOwner
  readonly #time: Time
  readonly #timer: Timer
  #enabled = false
  #begun = false
  #idle = 15_000 // milliseconds, as the interval: Go's
  #interval = 15_000
  #count = 9
  #probes = 0
  #heardAt = 0

  /** Makes the keep-alive of a connection that has not begun; it is off. */
  constructor(time: Time, owner: KeepAliveOwner) {
    this.#time = time
    this.#owner = owner
    this.#timer = new Timer(time, () => {
      this.#expired()
    })
  }

  /** Turns it on or off, with the values it has where they are left out. */
  configure({ enable, idle, interval, count }: KeepAliveConfig): void {
    this.#enabled = enable
    if (idle !== undefined && idle > 0) this.#idle = idle
    if (interval !== undefined && interval > 0) this.#interval = interval
    if (count !== undefined && count > 0) this.#count = count
    if (!enable) this.#timer.clear()
    else if (this.#begun) this.#timer.set(this.#idle)
  }

  /** The connection is established. */
  begin(): void {
    this.#begun = true
    this.heard()
    if (this.#enabled) this.#timer.set(this.#idle)
  }

  /** Something has come from the peer. */
  heard(): void {
    this.#heardAt = this.#time.now
    this.#probes = 0
  }

  /** The connection is over. */
  stop(): void {
    this.#begun = false
    this.#timer.clear()
  }

  #expired(): void {
    const quiet = this.#time.now - this.#heardAt
    if (this.#owner.isBusy() || quiet < this.#idle) {
      this.#timer.set(this.#owner.isBusy() ? this.#idle : this.#idle - quiet)
    } else if (this.#probes >= this.#count) {
      this.#owner.gaveUp()
    } else {
      this.#probes++
      this.#owner.probe()
      this.#timer.set(this.#interval)
    }
  }
}
