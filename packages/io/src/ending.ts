import type { IOOptions } from '@net/contract'

/** Whoever is told when work is ended from outside. */
export interface Ended {
  /** The work was ended, for this reason. Called once at most, and never after {@link Ending.delete}. */
  ended(reason: unknown): void
}

/**
 * What ends work from outside: a caller's signal, a deadline, the close of a file, a flush. It is what an AbortSignal is, at no
 * cost where nothing is ever ended: it makes no controller, no event and no closure. Since it is {@link IOOptions} itself, it
 * can be handed on as the options of the work's own calls: those of this project look at it directly, and only for what reads
 * {@link signal} is a signal made.
 *
 * @example
 * ```ts
 * import { Ending } from '@net/io'
 *
 * const ending = new Ending()
 * let told: unknown
 * ending.add({ ended: (reason) => (told = reason) })
 * ending.end('the file was closed')
 * console.log(told, ending.isOver, ending.signal.aborted) // the file was closed true true
 * ```
 */
export class Ending implements IOOptions {
  #over = false
  #reason: unknown = undefined
  #first: Ended | null = null // nearly always the only one
  #more: Set<Ended> | null = null
  #controller: AbortController | null = null

  /** Whether it has come. */
  get isOver(): boolean {
    return this.#over
  }

  /** Why; undefined before it has come. */
  get reason(): unknown {
    return this.#reason
  }

  /** The same as a signal, made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.isOver) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  /** Whether nobody waits to be told. */
  protected get isUnheard(): boolean {
    return this.#first === null && (this.#more === null || this.#more.size === 0)
  }

  /** Tells `listener` when it comes; one that is added after that is not told. */
  add(listener: Ended): void {
    if (this.#first === null) this.#first = listener
    else (this.#more ??= new Set()).add(listener)
  }

  /** Does not tell `listener`. */
  delete(listener: Ended): void {
    if (this.#first === listener) this.#first = null
    else this.#more?.delete(listener)
  }

  /** Ends the work, for this reason: tells whoever listens. Only the first call counts. */
  end(reason: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#reason = reason
    const first = this.#first
    this.#first = null
    first?.ended(reason)
    // A listener that is told may take others out, and they are not told any more.
    for (const listener of this.#more ?? []) {
      this.#more?.delete(listener)
      listener.ended(reason)
    }
    this.#controller?.abort(reason)
  }

  /** Throws the reason if it has come. */
  throwIfOver(): void {
    if (this.isOver) throw this.reason
  }
}

/** The end that a signal brings. However many operations share the signal, this is its only listener, and only while one waits. */
class SignalEnding extends Ending {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    super()
    this.#signal = signal
  }

  // The signal may be aborted while nothing waits, and so nobody listens to it.
  override get isOver(): boolean {
    return this.#signal.aborted
  }

  override get reason(): unknown {
    const reason: unknown = this.#signal.reason
    return reason
  }

  override get signal(): AbortSignal {
    return this.#signal
  }

  override add(listener: Ended): void {
    if (this.isUnheard) this.#signal.addEventListener('abort', this)
    super.add(listener)
  }

  override delete(listener: Ended): void {
    super.delete(listener)
    if (this.isUnheard) this.#signal.removeEventListener('abort', this)
  }

  handleEvent(): void {
    this.#signal.removeEventListener('abort', this)
    this.end(this.#signal.reason)
  }
}

const signals = new WeakMap<AbortSignal, SignalEnding>()

/**
 * What may end an operation of these options: null when nothing can, which is so for most.
 *
 * @example
 * ```ts
 * import { endingOf } from '@net/io'
 *
 * const { signal } = new AbortController()
 * console.log(endingOf({}), endingOf({ signal }) === endingOf({ signal })) // null true
 * ```
 */
export function endingOf(options: IOOptions | undefined): Ending | null {
  if (options === undefined) return null
  if (options instanceof Ending) return options
  const { signal } = options
  if (signal === undefined) return null
  let ending = signals.get(signal)
  if (ending === undefined) signals.set(signal, (ending = new SignalEnding(signal)))
  return ending
}

/**
 * Whether what ends an operation of these options has come already.
 *
 * @example
 * ```ts
 * import { isOver } from '@net/io'
 *
 * console.log(isOver(undefined), isOver({ signal: AbortSignal.abort() })) // false true
 * ```
 */
export function isOver(options: IOOptions | undefined): boolean {
  if (options === undefined) return false
  return options instanceof Ending ? options.isOver : options.signal?.aborted === true
}
