import { ErrDeadlineExceeded, type DialOptions } from '@net/contract'
import { deadlineAt, DeadlineTimer } from '@net/io'
import { race } from './race.ts'

/**
 * Does work that a signal or a deadline can end: then it rejects at once, and `drop` gets what the work comes to all the
 * same. The work's own signal tells it to end.
 */
export async function limited<T>(
  options: DialOptions,
  work: (signal: AbortSignal | undefined) => Promise<T>,
  drop: (result: T) => void,
): Promise<T> {
  const { signal } = options
  signal?.throwIfAborted()
  const deadline = deadlineAt(options.deadline ?? null)
  if (deadline <= performance.now()) throw ErrDeadlineExceeded
  if (signal === undefined && deadline === Infinity) return await work(undefined)
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(signal?.reason)
  }
  signal?.addEventListener('abort', abort)
  const timer = new DeadlineTimer(() => {
    controller.abort(ErrDeadlineExceeded)
  })
  timer.set(deadline)
  const working = work(controller.signal)
  try {
    return await race(working, controller.signal)
  } catch (e) {
    working.then(drop, () => {}) // that it failed is told already
    throw e
  } finally {
    timer.clear()
    signal?.removeEventListener('abort', abort)
  }
}
