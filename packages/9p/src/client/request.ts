import type { Ended, Ending } from '@net/io'
/** What a request needs of the client that sent it. */
interface Sender {
  flush(request: Request): void
}

// The executor is one function for all requests and leaves its arguments here, so that a request makes a promise but no
// closure.
let resolver: (value: never) => void = () => {}
let rejecter: (reason: unknown) => void = () => {}
function executor(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  resolver = resolve
  rejecter = reject
}

/** A request that a client has sent and whose tag is not free yet. */
export class Request implements Ended {
  readonly tag: number
  /** The type of the T-message. */
  readonly type: number
  /** The fid it works on, or NOFID. */
  readonly fid: number
  /** Where the data of Rread go; null for other requests. */
  readonly target: Uint8Array | null
  /** For a Tflush: the request it takes back. */
  readonly old: Request | null
  /** The promise of the reply. */
  readonly promise: Promise<never>
  /** Whether the promise is settled, though the tag is not free. */
  settled = false
  /** Whether a Tflush for it is under way. */
  flushing = false
  /** With what the promise rejects when it was flushed. */
  reason: unknown = undefined
  readonly #sender: Sender
  readonly #ending: Ending | null
  readonly #resolve: (value: never) => void
  readonly #reject: (reason: unknown) => void

  /** Makes a request; an abort of `signal` flushes it. */
  constructor(
    sender: Sender,
    tag: number,
    type: number,
    fid: number,
    target: Uint8Array | null,
    ending: Ending | null,
    old: Request | null,
  ) {
    this.tag = tag
    this.type = type
    this.fid = fid
    this.target = target
    this.old = old
    this.promise = new Promise<never>(executor)
    this.#resolve = resolver
    this.#reject = rejecter
    this.#sender = sender
    this.#ending = ending
    ending?.add(this)
  }

  ended(reason: unknown): void {
    this.cancel(reason)
  }

  /** Flushes the request; if it is answered by Rflush alone it rejects with `reason`. */
  cancel(reason: unknown): void {
    if (this.settled || this.flushing) return
    this.reason = reason
    this.#sender.flush(this)
  }

  /** Settles with a value, which is of the type the caller of the promise expects. */
  resolve(value: unknown): void {
    this.#settle()
    ;(this.#resolve as (value: unknown) => void)(value)
  }

  /** Settles with an error. */
  reject(error: unknown): void {
    this.#settle()
    this.#reject(error)
  }

  #settle(): void {
    this.settled = true
    this.#ending?.delete(this)
  }
}
