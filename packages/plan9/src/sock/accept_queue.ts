import type { NetFS, NetOpenOptions } from '@net/contract'
import { Ending, Liveness } from '@net/io'
import { type KnownAddresses, OpenConversation, openData, type Opened } from '../file/open_conversation.ts'

const MOST_OPENS = 8 // opens of listen that wait side by side

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
 * The calls of an announced conversation: as many opens of its listen file wait as there are accepts, within
 * a limit. An open that is not wanted any more is called back; what it gave all the same is kept for the next
 * accept.
 */
export class AcceptQueue {
  readonly #fs: NetFS
  readonly #announced: OpenConversation
  readonly #network: string
  readonly #known: KnownAddresses
  readonly #wake: () => void
  readonly #ready: Opened[] = []
  readonly #errors: unknown[] = []
  readonly #opening = new Set<Opening>()
  readonly #liveness = new Liveness({
    ref: () => (this.#keepsAlive = true),
    unref: () => (this.#keepsAlive = false),
  })
  #keepsAlive = false
  #called = 0 // calls that were taken and whose files are being opened
  #wanted = 0 // accepts that wait
  #closed = false
  #idle: (() => void)[] = []

  /**
   * Takes the calls of `announced`, of whose addresses some are `known`; `wake` is called when there is one, or
   * an error.
   */
  constructor(
    fs: NetFS,
    announced: OpenConversation,
    network: string,
    known: KnownAddresses,
    wake: () => void,
  ) {
    this.#fs = fs
    this.#announced = announced
    this.#network = network
    this.#known = known
    this.#wake = wake
  }

  /** Takes a call; null when there is none. Throws what went wrong with one. */
  take(): Opened | null {
    const opened = this.#ready.shift()
    if (opened !== undefined) return opened
    if (this.#errors.length > 0) throw this.#errors.shift()
    return null
  }

  /** Counts an accept that begins (1) or stops (-1) to wait. */
  waiting(change: 1 | -1): void {
    this.#wanted += change
    this.#liveness.waiting(change)
    this.#fill()
  }

  /** Lets accepts that wait keep the process alive, as at first. */
  ref(): void {
    this.#liveness.ref()
    this.#fill()
  }

  /** Lets the process exit although accepts wait. */
  unref(): void {
    this.#liveness.unref()
    this.#fill()
  }

  /**
   * Calls back what waits and lets go of calls that nobody took. Resolves when nothing waits; never rejects.
   */
  async close(): Promise<void> {
    this.#closed = true
    this.#fill()
    for (const opened of this.#ready.splice(0)) drop(opened)
    if (this.#opening.size + this.#called > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  // Makes the opens as many as the accepts. An open says at its beginning whether it keeps the process alive,
  // so that one which says the wrong thing is made anew. The new one begins first: in between nothing else
  // might keep the process alive.
  #fill(): void {
    const wanted = this.#closed ? 0 : Math.min(this.#wanted, MOST_OPENS)
    const old = [...this.#opening].filter((opening) => !opening.isOver)
    const right = old.filter((opening) => opening.ref === this.#keepsAlive)
    const kept = right.slice(0, Math.max(wanted - this.#called, 0))
    for (let coming = kept.length + this.#called; coming < wanted; coming++) void this.#open()
    for (const opening of old) if (!kept.includes(opening)) opening.callBack()
  }

  async #open(): Promise<void> {
    const opening = new Opening(this.#keepsAlive)
    this.#opening.add(opening)
    try {
      const call = await OpenConversation.open(this.#fs, `${this.#announced.dir}/listen`, opening, {})
      this.#opening.delete(opening)
      // The call is taken now, and kept for the next accept should this one have been given up.
      this.#called++
      try {
        const opened = await openData(call, this.#network, this.#known)
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
  opened.data.close().catch(() => {}) // nobody has had the connection, and nobody waits for its close
  opened.conversation.drop()
}
