/** Whoever is to be told of a {@link Cancellation}. */
export interface Cancellable {
  /** The work was cancelled, for this reason. */
  cancelled(reason: Error): void
}

/**
 * The end of work that nobody waits for any more. What an AbortSignal is, at no cost while nobody needs one: very many
 * lookups begin and end without ever being cancelled.
 */
export class Cancellation {
  /** Why it was cancelled; undefined until then. */
  reason: Error | undefined = undefined
  readonly #listeners: Cancellable[] = [] // as many as the queries of a lookup: few
  #controller: AbortController | null = null

  /** The same as a signal; made on first use. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.reason !== undefined) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  /** Tells `listener` when it is cancelled. */
  add(listener: Cancellable): void {
    this.#listeners.push(listener)
  }

  /** Does not tell `listener` any more. */
  delete(listener: Cancellable): void {
    const i = this.#listeners.indexOf(listener)
    if (i >= 0) this.#listeners.splice(i, 1)
  }

  /** Cancels. */
  cancel(): void {
    if (this.reason !== undefined) return
    this.reason = new Error('nobody waits for the lookup any more')
    for (const listener of this.#listeners.splice(0)) listener.cancelled(this.reason)
    this.#controller?.abort(this.reason)
  }
}
