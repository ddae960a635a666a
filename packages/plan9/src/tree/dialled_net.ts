import { SessionError } from '@net/9p'
import {
  asError,
  type Conn,
  type NetFile,
  type NetFileMode,
  type NetFS,
  type NetOpenOptions,
} from '@net/contract'
import { race } from '@net/io'
import { isSessionOver } from '../file/errors.ts'
import { importNet, type ImportedNet } from './import_net.ts'

/**
 * Dials an address, as core's dial does. What it rejects with is the cause of the SessionError that every
 * call over the tree then fails with, as it says nothing of the call's own destination.
 */
export type DialConn = (network: string, address: string) => Promise<Conn>

/** A network tree that is dialled when it is first used, and anew when its session has ended. */
export class DialledNet implements NetFS {
  readonly root = '/net'
  readonly #dial: () => Promise<Conn>
  #session: Promise<ImportedNet> | null = null
  #closed = false

  /** Makes a tree of what `dial` connects to. */
  constructor(dial: () => Promise<Conn>) {
    this.#dial = dial
  }

  async open(path: string, mode: NetFileMode, options?: NetOpenOptions): Promise<NetFile> {
    const session = await race(this.#connected(), options)
    return await session.open(path, mode, options)
  }

  /** Ends the session; the tree can't be used any more. */
  async close(): Promise<void> {
    this.#closed = true
    const session = await this.#session?.catch(() => null) // one that never began has nothing to close
    await session?.close()
  }

  async #connected(): Promise<ImportedNet> {
    if (this.#closed) throw new Error('the network tree is closed')
    let session = this.#session
    if (session !== null) {
      const before = await session.catch(() => null) // whoever began it has been told
      if (before?.error === null) return before
      if (this.#session === session) this.#session = null
    }
    session = this.#session ??= this.#begin()
    return await session
  }

  async #begin(): Promise<ImportedNet> {
    try {
      return await importNet(await this.#dial())
    } catch (e) {
      if (isSessionOver(e)) throw e
      throw new SessionError(`9P session cannot begin: ${asError(e).message}`, { cause: e })
    }
  }
}
