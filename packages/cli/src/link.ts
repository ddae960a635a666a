import { setTimeout as pauseFor } from 'node:timers/promises'
import {
  dialNet,
  type DialNetOptions,
  type ImportedNet,
  type NetFile,
  type NetFS,
  type NetOpenOptions,
} from '@net/core/plan9'

const FIRST_PAUSE = 500 // milliseconds between attempts to connect again, doubled each time
const LONGEST_PAUSE = 30_000

/** What a {@link Link} tells of: that it stands again, or why it does not. */
export type Told = (message: string) => void

/**
 * A `/net` at an address, which is connected to anew when its session is cut. What was open on it is lost; what is opened while
 * there is no session waits for none and rejects.
 */
export class Link implements NetFS, AsyncDisposable {
  readonly root = '/net'
  readonly #address: string
  readonly #options: DialNetOptions
  readonly #told: Told
  readonly #controller = new AbortController()
  #session: ImportedNet
  #kept: Promise<void>

  private constructor(address: string, options: DialNetOptions, session: ImportedNet, told: Told) {
    this.#address = address
    this.#options = options
    this.#session = session
    this.#told = told
    this.#kept = this.#keep()
  }

  /** Connects. Rejects as dialNet does: what can't be reached at first is not tried again. */
  static async connect(address: string, options: DialNetOptions, told: Told): Promise<Link> {
    return new Link(address, options, await dialNet(address, options), told)
  }

  /** Whether there is a session. */
  get up(): boolean {
    return this.#session.error === null
  }

  open(path: string, mode: 'r' | 'w' | 'rw', options?: NetOpenOptions): Promise<NetFile> {
    return this.#session.open(path, mode, options)
  }

  /** Ends the session, and connects no more. */
  async close(): Promise<void> {
    this.#controller.abort()
    await this.#session.close()
    await this.#kept
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #keep(): Promise<void> {
    const { signal } = this.#controller
    while (!signal.aborted) {
      await this.#session.done
      if (!signal.aborted) await this.#again(signal)
    }
    await this.#session.close()
  }

  async #again(signal: AbortSignal): Promise<void> {
    this.#told(`the link to ${this.#address} is cut: ${text(this.#session.error)}`)
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await pauseFor(pause, undefined, { signal }).catch(() => {}) // closing ends it
      if (signal.aborted) return
      try {
        this.#session = await dialNet(this.#address, { ...this.#options, signal })
        this.#told(`the link to ${this.#address} stands again`)
        return
      } catch (e) {
        if (!signal.aborted) this.#told(text(e))
      }
    }
  }
}

function text(e: unknown): string {
  return e instanceof Error ? e.message : 'it ended'
}
