import { ErrDeadlineExceeded } from '@net/contract'
import { DeadlineTimer } from '@net/io'

/**
 * A signal that aborts when another one does, with its reason, or when a deadline passes, with ErrDeadlineExceeded. It
 * must be ended, which takes its listener off the other signal.
 */
export class Scope {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #timer: DeadlineTimer

  /** Follows `outer` until the moment `at` on the monotonic clock; Infinity means no deadline. */
  constructor(outer: AbortSignal | undefined, at: number) {
    this.#outer = outer
    this.#timer = new DeadlineTimer(() => this.#controller.abort(ErrDeadlineExceeded))
    if (outer?.aborted) this.#follow()
    else if (at <= performance.now()) this.#controller.abort(ErrDeadlineExceeded)
    else if (at !== Infinity) this.#timer.set(at)
    outer?.addEventListener('abort', this.#follow)
  }

  /** The signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Ends the scope: the signal will not abort any more. */
  end(): void {
    this.#timer.clear()
    this.#outer?.removeEventListener('abort', this.#follow)
  }

  readonly #follow = (): void => this.#controller.abort(this.#outer?.reason)
}
