import type { IOOptions } from '@net/contract'

/** A request that a server works on: the options that the tree gets, and what waits for its end. */
export class Call implements IOOptions {
  readonly tag: number
  /** Whether no reply shall be sent: the session it came in is over. */
  dropped = false
  /** The Tflush requests that are answered after this one. */
  flushes: Call[] | null = null
  #aborted = false
  #controller: AbortController | null = null

  /** Makes the call of a request. */
  constructor(tag: number) {
    this.tag = tag
  }

  /** Whether the client has flushed it, or its session is over. */
  get aborted(): boolean {
    return this.#aborted
  }

  /** Aborted when {@link abort} is called. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(interrupted())
    }
    return this.#controller.signal
  }

  /** Asks the tree to come to an end. */
  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#controller?.abort(interrupted())
  }
}

/** What a request ends with that was flushed before it happened. */
export function interrupted(): Error {
  return new Error('interrupted')
}
