import { type Deferred, deferToNextTurn, isTurnOver } from '@net/io'

/**
 * The order in which sessions go on whose clients have sent much at once. What is left of a turn of the event
 * loop is theirs one request at a time, whoever has waited longest first, so that forty that flood make a
 * turn no longer than one does.
 */
class Turns implements Deferred {
  readonly #queue: (() => void)[] = []
  #running = false

  /** Waits until a session that has done a request may do the next one. Null: at once. */
  next(): Promise<void> | null {
    if (this.#queue.length === 0 && !isTurnOver()) return null
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      if (this.#running) return
      this.#running = true
      deferToNextTurn(this)
    })
  }

  turned(): void {
    void this.#run()
  }

  async #run(): Promise<void> {
    do {
      this.#queue.shift()?.()
      await Promise.resolve() // the session does its request, and waits again if it has more
    } while (this.#queue.length > 0 && !isTurnOver())
    this.#running = this.#queue.length > 0
    if (this.#running) deferToNextTurn(this)
  }
}

/** The turns of all sessions of the process. */
export const turns = new Turns()
