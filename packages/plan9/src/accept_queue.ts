import type { NetFS, NetOpenOptions } from '@net/contract'
import { Ending } from '@net/io'
import { OpenConversation, openData, type Opened } from './open_conversation.ts'

const MOST = 8 // opens of listen that wait side by side

/** An open of listen that waits, and what calls it back. */
class Opening extends Ending implements NetOpenOptions {
  readonly ref: boolean

  constructor(ref: boolean) {
    super()
    this.ref = ref
  }

  callBack(): void {
    this.end(new Error('the call is not wanted any more'))
  }
}

/**
 * The calls of an announced conversation: as many opens of its listen file wait as there are accepts, within a limit. An open
 * that is not wanted any more is called back; what it gave all the same is kept for the next accept.
 */
export class AcceptQueue {
  readonly #fs: NetFS
  readonly #announced: OpenConversation
  readonly #network: string
  readonly #wake: () => void
  readonly #ready: Opened[] = []
  readonly #errors: unknown[] = []
  readonly #opening = new Set<Opening>()
  #called = 0 // calls taken whose files are being opened
  #wanted = 0
  #ref = true
  #closed = false
  #idle: (() => void)[] = []

  /** Takes the calls of `announced`; `wake` is called when there is one, or an error. */
  constructor(fs: NetFS, announced: OpenConversation, network: string, wake: () => void) {
    this.#fs = fs
    this.#announced = announced
    this.#network = network
    this.#wake = wake
  }

  /** Takes a call, or null. Throws what went wrong with one. */
  take(): Opened | null {
    const opened = this.#ready.shift()
    if (opened !== undefined) return opened
    if (this.#errors.length > 0) throw this.#errors.shift()
    return null
  }

  /** How many accepts wait. */
  want(n: number): void {
    this.#wanted = n
    this.#fill()
  }

  /** Whether waiting for calls keeps the process alive. */
  ref(on: boolean): void {
    if (this.#ref === on) return
    this.#ref = on
    // Each open says at its beginning whether it keeps the process alive, so those that wait are made anew. The new ones begin
    // before the old have come back: in between nothing else might keep the process alive.
    const old = [...this.#opening].filter((opening) => !opening.isOver)
    for (const opening of old) opening.callBack()
    if (!this.#closed) for (let i = 0; i < old.length; i++) void this.#open()
  }

  /** Calls back what waits and lets go of calls that nobody took. Resolves when nothing waits. */
  async close(): Promise<void> {
    this.#closed = true
    for (const opening of this.#opening) opening.callBack()
    for (const opened of this.#ready.splice(0)) drop(opened)
    if (this.#opening.size + this.#called > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  #fill(): void {
    const wanted = this.#closed ? 0 : Math.min(this.#wanted, MOST)
    let coming = this.#opening.size + this.#called
    for (; coming < wanted; coming++) void this.#open()
    for (const opening of this.#opening) {
      if (coming <= wanted) return
      opening.callBack()
      coming--
    }
  }

  async #open(): Promise<void> {
    const opening = new Opening(this.#ref)
    this.#opening.add(opening)
    try {
      const call = await OpenConversation.open(this.#fs, `${this.#announced.dir}/listen`, opening, {})
      this.#opening.delete(opening)
      // From here on it is a connection, whoever waits for it.
      this.#called++
      try {
        const opened = await openData(call, this.#network)
        if (this.#closed) drop(opened)
        else this.#ready.push(opened)
      } finally {
        this.#called--
      }
    } catch (e) {
      this.#opening.delete(opening)
      if (!opening.isOver && this.#wanted > 0) this.#errors.push(e)
    }
    if (this.#closed) this.#settle()
    else {
      this.#wake()
      this.#fill()
    }
  }

  #settle(): void {
    if (this.#opening.size + this.#called > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

function drop(opened: Opened): void {
  opened.data.close().catch(() => {}) // it was never anybody's
  opened.conversation.drop()
}
