import { OREAD, ORDWR, OWRITE, type OpenFile } from '@net/9p'
import type { IOOptions, NetFile, NetFileMode, NetFS, NetOpenOptions, Target } from '@net/contract'
import { Ending, endingOf, Scope } from '@net/io'
import type { Activity } from '../account/activity.ts'
import { fail, INTERRUPTED, NOT_EXIST, Plan9Error } from '../base/errors.ts'
import { Data } from '../tree/conversation_files.ts'
import { Directory, type Node, OWNER } from '../base/node.ts'
import { Session } from '../conversation/session.ts'
import { Stack, type TreeOptions } from '../account/stack.ts'
import { NetTree } from '../tree/tree.ts'

const WRONG_MODE = 'inappropriate use of fd'
const modes = { r: OREAD, w: OWRITE, rw: ORDWR } as const

/** A /net in this process. */
export interface EmbeddedNet extends NetFS, AsyncDisposable {
  /** Numbers of what its sessions do. */
  readonly activity: Activity
  /**
   * Ends every conversation, whatever is open. Resolves when the target has let go of all of them. It never
   * rejects; closing again does nothing.
   */
  close(): Promise<void>
}

/**
 * Serves a target as a Plan 9 /net in this process: the same files that {@link exportNet} serves, without 9P
 * between. The tree is one session: the conversations of another embeddedNet are not in it. Nothing has to be
 * closed but the files.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { plan9 } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const target = plan9({ net: embeddedNet(posix()) })
 * console.log(await target.lookupHost('127.0.0.1').then(String)) // 127.0.0.1
 * ```
 */
export function embeddedNet(target: Target, options: TreeOptions = {}): EmbeddedNet {
  return new Embedded(new Stack(target, options))
}

class Embedded implements EmbeddedNet {
  readonly root = '/net'
  readonly activity: Activity
  readonly #session: Session
  readonly #root: Directory
  readonly #files = new Set<File>()

  constructor(stack: Stack) {
    this.activity = stack.activity
    this.#session = new Session(stack, stack.peers.sole())
    this.#root = new NetTree(this.#session).root(OWNER)
  }

  async open(path: string, mode: NetFileMode, options: NetOpenOptions = {}): Promise<NetFile> {
    const ending = endingOf(options)
    ending?.throwIfOver()
    const names = path.split('/').filter((name) => name !== '' && name !== '.')
    let node: Node = this.#root
    for (const name of names) node = await (node instanceof Directory ? node : fail(NOT_EXIST)).walk(name)
    let file: OpenFile
    try {
      file = await node.open(modes[mode], options)
    } catch (e) {
      throw ending?.isOver ? ending.reason : e
    }
    if (ending?.isOver) {
      await file.close?.()
      throw ending.reason
    }
    const opened = new File(file, mode, (f) => this.#files.delete(f))
    this.#files.add(opened)
    if (options.ref === false) opened.unref()
    return opened
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files].map((file) => file.close()))
    await this.#session.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

class File implements NetFile {
  readonly #file: OpenFile
  readonly #mode: NetFileMode
  readonly #closed: (file: File) => void
  readonly #end = new Ending()
  #offset = 0
  #closing: Promise<void> | null = null

  constructor(file: OpenFile, mode: NetFileMode, closed: (file: File) => void) {
    this.#file = file
    this.#mode = mode
    this.#closed = closed
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    return this.#transfer('read', p, options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return this.#transfer('write', p, options)
  }

  rewind(): void {
    this.#offset = 0
  }

  ref(): void {
    this.#keep(true)
  }

  unref(): void {
    this.#keep(false)
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.#closed(this)
      this.#end.end(new Plan9Error(INTERRUPTED))
      this.#closing = Promise.resolve(this.#file.close?.())
    }
    return this.#closing
  }

  // Only reads and writes of data wait for long, so only they can keep the process alive.
  #keep(on: boolean): void {
    if (this.#closing === null && this.#file instanceof Data) this.#file.keep(on)
  }

  // A call without a signal or deadline has the ending of the file itself for its limits, and so makes no object.
  async #transfer(act: 'read' | 'write', p: Uint8Array, options?: IOOptions): Promise<number> {
    const ending = endingOf(options)
    ending?.throwIfOver()
    if (this.#closing !== null) fail('fd out of range or not open')
    if (ending === null) return await this.#call(act, p, this.#end)
    const scope = new Scope(ending)
    this.#end.add(scope)
    try {
      return await this.#call(act, p, scope)
    } catch (e) {
      throw ending.isOver ? ending.reason : e
    } finally {
      scope.leave()
      this.#end.delete(scope)
    }
  }

  async #call(act: 'read' | 'write', p: Uint8Array, limits: IOOptions): Promise<number> {
    if (this.#mode === (act === 'read' ? 'w' : 'r')) fail(WRONG_MODE)
    const n = (await this.#file[act]?.(p, this.#offset, limits)) ?? fail(WRONG_MODE)
    this.#offset += n
    return n
  }
}
