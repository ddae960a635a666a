/**
 * The end of work that nobody waits for any more. What an AbortSignal is, at no cost while nobody needs one: very many
 * lookups begin and end without ever being cancelled.
 */
export class Cancellation {
  /** Why it was cancelled; undefined until then. */
  reason: Error | undefined = undefined
  readonly #listeners = new Set<(reason: Error) => void>()
  #controller: AbortController | null = null

  /** The same as a signal; made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.reason !== undefined) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  /** Calls `f` with the reason when it is cancelled. */
  add(f: (reason: Error) => void): void {
    this.#listeners.add(f)
  }

  /** Does not call `f` any more. */
  delete(f: (reason: Error) => void): void {
    this.#listeners.delete(f)
  }

  /** Cancels. */
  cancel(): void {
    if (this.reason !== undefined) return
    this.reason = new Error('nobody waits for the lookup any more')
    for (const f of [...this.#listeners]) f(this.reason)
    this.#controller?.abort(this.reason)
  }
}
