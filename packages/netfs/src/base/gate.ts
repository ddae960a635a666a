import type { IOOptions } from '@net/contract'
import { INTERRUPTED, Plan9Error } from './errors.ts'

/** Where requests wait until something happens. */
export class Gate {
  readonly #waiting = new Set<() => void>()

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** Waits until the gate is opened the next time; rejects with "interrupted" when the signal is aborted. */
  wait(options: IOOptions): Promise<void> {
    const { signal } = options
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.delete(go)
        reject(new Plan9Error(INTERRUPTED))
      }
      const go = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      if (signal?.aborted === true) {
        abort()
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.add(go)
    })
  }

  /** Lets all that wait go on. */
  open(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const go of waiting) go()
  }
}
