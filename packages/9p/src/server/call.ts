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

  /** Ends the options that the tree has got, which asks it to finish the request soon. */
  abort(): void {
    if (!this.isOver) this.end(interrupted())
  }
}

/** The error of a request that was flushed before the tree did it. */
export function interrupted(): Error {
  return new Error('interrupted')
}
