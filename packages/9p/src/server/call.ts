import { Ending } from '@net/io'

/**
 * A request that a server works on: the options that the tree gets, which end when the client flushes it or
 * its session is over, and what waits for its end.
 */
export class Call extends Ending {
  readonly tag: number
  /** Whether no reply shall be sent: the session it came in is over. */
  dropped = false
  /** The Tflush requests that are answered after this one. */
  flushes: Call[] | null = null

  /** Makes the call of a request. */
  constructor(tag: number) {
    super()
    this.tag = tag
  }

  /** Asks the tree to come to an end. */
  abort(): void {
    if (!this.isOver) this.end(interrupted())
  }
}

/** What a request ends with that was flushed before it happened. */
export function interrupted(): Error {
  return new Error('interrupted')
}
