import { ErrDeadlineExceeded, type IOOptions } from '@net/contract'
import { DeadlineTimer } from './deadline.ts'
import { Ending, endingOf, type Ended } from './ending.ts'

/**
 * An end that comes with another one, for its reason, or when a deadline passes, with ErrDeadlineExceeded: the limits of work
 * that takes several steps. It must be left with {@link leave}.
 *
 * @example
 * ```ts
 * import { ErrDeadlineExceeded } from '@net/contract'
 * import { Scope } from '@net/io'
 *
 * const scope = new Scope({}, performance.now() - 1)
 * console.log(scope.isOver, scope.reason === ErrDeadlineExceeded) // true true
 * scope.leave()
 * ```
 */
export class Scope extends Ending implements Ended, Disposable {
  readonly #outer: Ending | null
  readonly #timer: DeadlineTimer | null

  /** Follows what ends `options` until the moment `at` on the monotonic clock; Infinity means no deadline. */
  constructor(options: IOOptions | undefined, at = Infinity) {
    super()
    this.#outer = endingOf(options)
    this.#timer = at === Infinity ? null : new DeadlineTimer(() => this.end(ErrDeadlineExceeded))
    if (this.#outer?.isOver) this.end(this.#outer.reason)
    else if (at <= performance.now()) this.end(ErrDeadlineExceeded)
    else {
      this.#outer?.add(this)
      this.#timer?.set(at)
    }
  }

  ended(reason: unknown): void {
    this.end(reason)
  }

  override end(reason: unknown): void {
    this.leave()
    super.end(reason)
  }

  /** Lets go of the outer end and of the timer: neither ends the scope any more. */
  leave(): void {
    this.#timer?.clear()
    this.#outer?.delete(this)
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

/**
 * Waits for `work` or for what ends `options`, whichever comes first, and rejects with the reason of the latter: what goes over
 * a network settles only when the other end has answered. Work that is left behind is told to end by the same options, and what
 * it comes to concerns nobody, but for `drop`, which gets a result that came too late.
 *
 * @example
 * ```ts
 * import { race } from '@net/io'
 *
 * const forever = new Promise(() => {})
 * await race(forever, { signal: AbortSignal.abort('enough') }).catch((e) => console.log(e)) // enough
 * ```
 */
export function race<T>(
  work: Promise<T>,
  options: IOOptions | undefined,
  drop?: (result: T) => void,
): Promise<T> {
  const ending = endingOf(options)
  if (ending === null) return work
  return new Promise<T>((resolve, reject) => {
    const listener: Ended = {
      ended(reason) {
        reject(reason)
        // That it failed concerns nobody any more.
        work.then(drop, () => {})
      },
    }
    if (ending.isOver) {
      listener.ended(ending.reason)
      return
    }
    ending.add(listener)
    work.finally(() => ending.delete(listener)).then(resolve, reject)
  })
}

/**
 * Does work that what ends `options`, or the moment `at` on the monotonic clock, can end: it rejects at once then, and `drop`
 * gets what the work comes to all the same. The work gets the options of its own calls, which tell it to end, or undefined where
 * nothing can end it.
 *
 * @example
 * ```ts
 * import { within } from '@net/io'
 *
 * const at = performance.now() + 1000
 * const n = await within({}, at, async (options) => (options === undefined ? 0 : 1), () => {})
 * console.log(n) // 1
 * ```
 */
export async function within<T>(
  options: IOOptions | undefined,
  at: number,
  work: (options: IOOptions | undefined) => Promise<T>,
  drop: (result: T) => void,
): Promise<T> {
  if (at === Infinity && endingOf(options) === null) return await work(undefined)
  const scope = new Scope(options, at)
  try {
    scope.throwIfOver()
    return await race(work(scope), scope, drop)
  } finally {
    scope.leave()
  }
}
