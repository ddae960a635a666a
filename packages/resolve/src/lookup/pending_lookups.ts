import { DNSError, ErrDeadlineExceeded, type LookupOptions } from '@net/contract'
import { deadlineAt, Ending, endingOf, isOver, race, Scope, timeoutAt } from '@net/io'

/** A lookup under way, which all who have asked for it wait for. It is ended when nobody waits for it any more. */
class PendingLookup<T> extends Ending {
  readonly key: string
  declare result: Promise<T> // once it is started
  /** How many wait for it. Those who cannot leave are counted too. */
  waiting = 0

  constructor(key: string) {
    super()
    this.key = key
  }
}

/**
 * The lookups under way. Whoever asks for what is already being asked for shares its result; each can
 * leave, on its signal or deadline, without harm to the others, and when all have left the lookup itself is
 * ended.
 */
export class PendingLookups {
  readonly #byKey = new Map<string, PendingLookup<unknown>>()
  readonly #timeout: number

  /** Makes an empty set. Each wait takes `timeout` milliseconds at most; 0 means no limit. */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** How many lookups are under way. */
  get size(): number {
    return this.#byKey.size
  }

  /**
   * Joins the lookup `key`, or starts it, and gives its result, which must not be changed as others may
   * have it too. `name` is what the error of a deadline calls the lookup. One key must always stand for one
   * type of result.
   */
  run<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (ending: Ending) => Promise<T>,
  ): Promise<T> {
    const { deadline = null } = options
    const isLimited = this.#timeout !== 0 || deadline !== null
    if (isLimited || endingOf(options) !== null) return this.#runUntil(key, name, options, start)
    const lookup = this.#join(key, start)
    lookup.waiting++
    return lookup.result
  }

  /** Does what {@link run} does for one who may leave: when `options` end, or when their time is up. */
  async #runUntil<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (ending: Ending) => Promise<T>,
  ): Promise<T> {
    const { deadline = null } = options
    const scope = new Scope(options, Math.min(timeoutAt(this.#timeout), deadlineAt(deadline)))
    try {
      scope.throwIfOver()
      const lookup = this.#join(key, start)
      lookup.waiting++
      try {
        return await race(lookup.result, scope)
      } finally {
        if (--lookup.waiting === 0) this.#abandon(lookup)
      }
    } catch (e) {
      throw e === ErrDeadlineExceeded && !isOver(options) ? timedOut(name) : e
    } finally {
      scope.leave()
    }
  }

  #join<T>(key: string, start: (ending: Ending) => Promise<T>): PendingLookup<T> {
    const pending = this.#byKey.get(key) as PendingLookup<T> | undefined
    if (pending !== undefined) return pending
    const lookup = new PendingLookup<T>(key)
    lookup.result = start(lookup)
    this.#byKey.set(key, lookup)
    const done = (): void => {
      this.#remove(lookup)
    }
    lookup.result.then(done, done)
    return lookup
  }

  #abandon(lookup: PendingLookup<unknown>): void {
    // Whoever comes from now on does not get a lookup that is being ended.
    if (this.#remove(lookup)) lookup.end(new Error('nobody waits for the lookup any more'))
  }

  /** Gives whether the lookup was still under way. */
  #remove(lookup: PendingLookup<unknown>): boolean {
    return this.#byKey.get(lookup.key) === lookup && this.#byKey.delete(lookup.key)
  }
}

function timedOut(name: string): DNSError {
  return new DNSError('i/o timeout', name, { isTimeout: true, isTemporary: true, cause: ErrDeadlineExceeded })
}
