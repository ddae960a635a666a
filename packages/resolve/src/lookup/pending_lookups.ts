import { DNSError, ErrDeadlineExceeded, type LookupOptions } from '@net/contract'
import { deadlineAt, Ending, endingOf, isOver, race, Scope, timeoutAt } from '@net/io'

/** The options of who gives none, by which it is told at once that nothing ends a lookup. */
export const noOptions: LookupOptions = {}

/**
 * A lookup under way, which all who have asked for it wait for. What it comes to is told by one call of {@link resolve},
 * {@link reject} or {@link follow}.
 */
export class PendingLookup<T> {
  // These are only declared, as the constructor sets them: other fields are set up by a function of V8's own for each object, which it
  // has to compile when it is long.
  declare readonly result: Promise<T>
  /** Ends it when nobody waits for it any more; null when one who cannot leave has begun it. */
  declare readonly ending: Ending | null
  /** How many wait for it. Those who cannot leave are counted too. */
  declare waiting: number
  #key: string | null // null once it is taken out
  readonly #all: Map<string | null, unknown>
  #resolve!: (found: T) => void
  #reject!: (reason: unknown) => void

  /** Puts it among all, under a key, for one who waits. */
  constructor(all: Map<string | null, unknown>, key: string, ending: Ending | null) {
    this.#key = key
    this.#all = all
    this.ending = ending
    this.waiting = 1
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    all.set(key, this)
  }

  /** It found this. */
  resolve(found: T): void {
    this.forget()
    this.#resolve(found)
  }

  /** It failed for this reason. */
  reject(reason: unknown): void {
    this.forget()
    this.#reject(reason)
  }

  /** It comes to what `found` comes to. */
  follow(found: Promise<T>): void {
    found.then(
      (value) => {
        this.resolve(value)
      },
      (e: unknown) => {
        this.reject(e)
      },
    )
  }

  /** Takes it out, so that nobody joins it any more. Gives whether that was not done before. */
  forget(): boolean {
    const key = this.#key
    this.#key = null // as another lookup may have the key from now on
    return this.#all.delete(key)
  }
}

/**
 * The lookups under way. Whoever asks for what is already being asked for shares its result; each can
 * leave, on its signal or deadline, without harm to the others, and when all have left the lookup itself is
 * ended.
 */
export class PendingLookups {
  readonly #byKey = new Map<string | null, unknown>()
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
   * type of result. What `start` throws the call throws.
   */
  run<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (lookup: PendingLookup<T>) => void,
  ): Promise<T> {
    if (this.#timeout !== 0 || (options !== noOptions && isLimited(options)))
      return this.#runUntil(key, name, options, start)
    return this.#join(key, start, false).result
  }

  /** Does what {@link run} does for one who may leave: when `options` end, or when their time is up. */
  async #runUntil<T>(
    key: string,
    name: string,
    options: LookupOptions,
    start: (lookup: PendingLookup<T>) => void,
  ): Promise<T> {
    const { deadline = null } = options
    const scope = new Scope(options, Math.min(timeoutAt(this.#timeout), deadlineAt(deadline)))
    try {
      scope.throwIfOver()
      const lookup = this.#join(key, start, true)
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

  /** The lookup for one more who waits, and who may leave or not. */
  #join<T>(key: string, start: (lookup: PendingLookup<T>) => void, leaves: boolean): PendingLookup<T> {
    const pending = this.#byKey.get(key) as PendingLookup<T> | undefined
    if (pending !== undefined) {
      pending.waiting++
      return pending
    }
    const lookup = new PendingLookup<T>(this.#byKey, key, leaves ? new Ending() : null)
    try {
      start(lookup)
    } catch (e) {
      lookup.forget()
      throw e
    }
    return lookup
  }

  #abandon<T>(lookup: PendingLookup<T>): void {
    // Whoever comes from now on does not get a lookup that is being ended.
    if (lookup.forget()) lookup.ending?.end(new Error('nobody waits for the lookup any more'))
  }
}

function isLimited(options: LookupOptions): boolean {
  return endingOf(options) !== null || (options.deadline ?? null) !== null
}

function timedOut(name: string): DNSError {
  return new DNSError('i/o timeout', name, { isTimeout: true, isTemporary: true, cause: ErrDeadlineExceeded })
}
