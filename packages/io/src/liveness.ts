/** Something that keeps the process alive or lets it go, as a timer of the host does. */
export interface Handle {
  /** Keeps the process alive. */
  ref(): void
  /** Lets the process exit. */
  unref(): void
}

/**
 * What keeps a process alive: only operations that wait, and not even those after {@link unref}. It counts them and turns its
 * handle, which should let the process go at first, on and off.
 *
 * @example
 * ```ts
 * import { Liveness } from '@net/io'
 *
 * let alive = false
 * const liveness = new Liveness({ ref: () => (alive = true), unref: () => (alive = false) })
 * liveness.waiting(1)
 * console.log(alive) // true
 * liveness.waiting(-1)
 * console.log(alive) // false
 * ```
 */
export class Liveness {
  #handle: Handle
  #waiting = 0
  #wanted = true // neither unref nor stop was called

  /** Makes the count of a handle, at nothing. */
  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Counts an operation that begins (1) or stops (-1) to wait. */
  waiting(change: 1 | -1): void {
    this.#waiting += change
    if (!this.#wanted) return
    if (change === 1 && this.#waiting === 1) this.#handle.ref()
    if (this.#waiting === 0) this.#handle.unref()
  }

  /** What waits keeps the process alive, as at first. */
  ref(): void {
    if (this.#wanted) return
    this.#wanted = true
    if (this.#waiting > 0) this.#handle.ref()
  }

  /** What waits lets the process exit. */
  unref(): void {
    if (!this.#wanted) return
    this.#wanted = false
    if (this.#waiting > 0) this.#handle.unref()
  }

  /** Lets go for good: the handle is not touched any more. */
  stop(): void {
    this.unref()
    this.#handle = nothing
  }
}

const nothing: Handle = { ref: () => {}, unref: () => {} }

const LONGEST = 0x7fffffff // milliseconds: the longest delay of a timer

let holders = 0
let timer: Partial<Handle> | undefined

/**
 * A handle for what has none of its own, as a connection within the process: one timer that does nothing keeps the process alive
 * for all that wait. It counts, so each `ref` wants its `unref`, which {@link Liveness} sees to. A browser's timer does not keep
 * anything alive, and there is no need for it.
 */
export const processTimer: Handle = {
  ref() {
    if (holders++ > 0) return
    if (timer === undefined) timer = setInterval(() => {}, LONGEST)
    else timer.ref?.()
  },
  unref() {
    if (--holders === 0) timer?.unref?.()
  },
}
