import type { Ended, Ending } from '@net/io'
import type { Lender } from '../wire/frame_writer.ts'

/** What a request needs of the client that sent it. */
interface Sender {
  /** Asks the server to take a request back. */
  flush(request: Request): void
  /** A request could not be sent, as its bytes have gone. */
  unsent(request: Request): void
}

// The executor is one function for all requests and leaves its arguments here, so that a request makes a
// promise but no closure.
let resolver: (value: never) => void = () => {}
let rejecter: (reason: unknown) => void = () => {}
function executor(resolve: (value: never) => void, reject: (reason: unknown) => void): void {
  resolver = resolve
  rejecter = reject
}

/** A request that a client has sent and whose tag is not free yet. */
export class Request implements Ended, Lender {
  readonly tag: number
  /** The type of the T-message. */
  readonly type: number
  /** The fid it works on, or NOFID. */
  readonly fid: number
  /** The promise of the reply. */
  readonly promise: Promise<never>
  /** Where the data of Rread go, or those of Twrite come from; null for other requests. */
  data: Uint8Array | null = null
  /** How many bytes Tread asks for or Twrite has. */
  count = 0
  /** For a Tflush: the request it takes back. */
  old: Request | null = null
  /** Whether the promise is settled, though the tag is not free. */
  isSettled = false
  /** Whether a Tflush for it is under way. */
  isFlushing = false
  /** With what the promise rejects when it was flushed. */
  reason: unknown = undefined
  readonly #sender: Sender
  readonly #ending: Ending | null
  readonly #resolve: (value: never) => void
  readonly #reject: (reason: unknown) => void

  /** Makes a request, which is flushed when `ending` comes. */
  constructor(sender: Sender, tag: number, type: number, fid: number, ending: Ending | null) {
    this.tag = tag
    this.type = type
    this.fid = fid
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

  bufferLost(): void {
    this.#sender.unsent(this)
  }

  /** Flushes the request; if it is answered by Rflush alone it rejects with `reason`. */
  cancel(reason: unknown): void {
    if (this.isSettled || this.isFlushing) return
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
    this.isSettled = true
    this.#ending?.delete(this)
  }
}
