import { setTimeout as pauseFor } from 'node:timers/promises'
import {
  dialNet,
  type DialNetOptions,
  type ImportedNet,
  type NetFile,
  type NetFS,
  type NetOpenOptions,
} from '@net/core/plan9'
import { Ending, Scope } from '@net/io'
import { messageOf } from '../session/error.ts'
import { momentAfter } from '../session/session.ts'

const FIRST_PAUSE = 500 // milliseconds between attempts to connect again, doubled each time
const LONGEST_PAUSE = 30_000

/** What a {@link Link} tells of: that it stands again, or why it does not. */
export type Told = (message: string) => void

/** Options of a {@link Link}. */
export interface LinkOptions extends Omit<DialNetOptions, 'signal'> {
  /** Milliseconds that connecting may take each time; absent means no limit. */
  readonly connectTimeout?: number | undefined
}

/**
 * A `/net` at an address, which is connected to anew when its session is cut. What was open on it is lost;
 * what is opened while there is no session waits for none and rejects.
 */
export class Link implements NetFS, AsyncDisposable {
  readonly root = '/net'
  readonly #address: string
  readonly #options: LinkOptions
  readonly #told: Told
  readonly #ending = new Ending() // comes when it is closed
  #session: ImportedNet
  #kept: Promise<void>

  private constructor(address: string, options: LinkOptions, session: ImportedNet, told: Told) {
    this.#address = address
    this.#options = options
    this.#session = session
    this.#told = told
    this.#kept = this.#keep()
  }

  /**
   * Connects, unless `ending` comes before. Rejects as dialNet does: what can't be reached at first is not
   * tried again.
   */
  static async connect(address: string, options: LinkOptions, ending: Ending, told: Told): Promise<Link> {
    return new Link(address, options, await session(address, options, ending), told)
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
    this.#ending.end(new Error('the link is closed'))
    await this.#session.close()
    await this.#kept
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #keep(): Promise<void> {
    while (!this.#ending.isOver) {
      await this.#session.done
      if (!this.#ending.isOver) await this.#again()
    }
    await this.#session.close()
  }

  async #again(): Promise<void> {
    const { signal } = this.#ending
    this.#told(`the link to ${this.#address} is cut: ${messageOf(this.#session.error ?? 'it ended')}`)
    for (let pause = FIRST_PAUSE; !this.#ending.isOver; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      await pauseFor(pause, undefined, { signal }).catch(() => {}) // closing ends it
      if (this.#ending.isOver) return
      try {
        this.#session = await session(this.#address, this.#options, this.#ending)
        this.#told(`the link to ${this.#address} stands again`)
        return
      } catch (e) {
        if (!this.#ending.isOver) this.#told(messageOf(e))
      }
    }
  }
}

async function session(address: string, options: LinkOptions, ending: Ending): Promise<ImportedNet> {
  const { connectTimeout, ...rest } = options
  using scope = new Scope(ending, momentAfter(connectTimeout))
  return await dialNet(address, { ...rest, signal: scope.signal })
}
