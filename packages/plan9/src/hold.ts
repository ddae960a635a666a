import type { Addr } from '@net/addr'
import { OpError, type NetFile } from '@net/contract'
import { type LaneOwner } from '@net/io'

/** What the lanes of a connection share: the names of its errors, and whether its waiting keeps the process alive. */
export class Hold implements LaneOwner {
  readonly net: string
  readonly local: Addr | null
  readonly remote: Addr | null
  readonly #file: NetFile
  #waiting = 0
  #on = true

  /** Makes the hold of a connection whose data come through `file`, which waits for nothing yet. */
  constructor(net: string, local: Addr | null, remote: Addr | null, file: NetFile) {
    this.net = net
    this.local = local
    this.remote = remote
    this.#file = file
    file.unref?.()
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.local, this.remote, cause)
  }

  waiting(change: 1 | -1): void {
    this.#waiting += change
    if (this.#on && this.#waiting === (change === 1 ? 1 : 0)) this.#set()
  }

  /** Lets what waits keep the process alive, or not. */
  ref(on: boolean): void {
    if (this.#on === on) return
    this.#on = on
    if (this.#waiting > 0) this.#set()
  }

  #set(): void {
    if (this.#on && this.#waiting > 0) this.#file.ref?.()
    else this.#file.unref?.()
  }
}
