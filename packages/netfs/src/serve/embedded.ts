import { OREAD, ORDWR, OWRITE, type OpenFile } from '@net/9p'
import type { IOOptions, NetFile, NetFileMode, NetFS, NetOpenOptions, Target } from '@net/contract'
import type { Activity } from '../account/activity.ts'
import { fail, INTERRUPTED, NOT_EXIST, Plan9Error } from '../base/errors.ts'
import { Data } from '../tree/conversation_files.ts'
import { Directory, type Node, OWNER } from '../base/node.ts'
import { Session } from '../conversation/session.ts'
import { Stack, type TreeOptions } from '../account/stack.ts'
import { NetTree } from '../tree/tree.ts'

const modes = { r: OREAD, w: OWRITE, rw: ORDWR } as const

/** A tree in this process. */
export interface EmbeddedNet extends NetFS, AsyncDisposable {
  /** What goes on. */
  readonly activity: Activity
  /** Ends every conversation, whatever is open. Resolves when the target has let go of all of them. */
  close(): Promise<void>
}

/**
 * Serves a target as a Plan 9 /net in this process: the same files that {@link exportNet} serves, without 9P between. The
 * tree is one session: the conversations of another embeddedNet are not in it. Nothing has to be closed but the files.
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
    this.#session = new Session(stack)
    this.#root = new NetTree(this.#session).root(OWNER)
  }

  async open(path: string, mode: NetFileMode, options: NetOpenOptions = {}): Promise<NetFile> {
    const { signal } = options
    signal?.throwIfAborted()
    const names = path.split('/').filter((name) => name !== '' && name !== '.')
    let node: Node = this.#root
    for (const name of names) node = await (node instanceof Directory ? node : fail(NOT_EXIST)).walk(name)
    let file: OpenFile
    try {
      file = await node.open(modes[mode], options)
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error
    }
    if (signal?.aborted === true) {
      await file.close?.()
      throw signal.reason
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

/** The options that an operation of the tree gets; aborted by the caller's signal and by closing the file. */
class Call implements IOOptions {
  readonly #outer: AbortSignal | undefined
  #controller: AbortController | null = null
  #aborted = false

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer
    outer?.addEventListener('abort', this)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#aborted) this.#controller.abort(new Plan9Error(INTERRUPTED))
    return this.#controller.signal
  }

  handleEvent(): void {
    this.abort()
  }

  abort(): void {
    this.#aborted = true
    this.#controller?.abort(new Plan9Error(INTERRUPTED))
  }

  done(): void {
    this.#outer?.removeEventListener('abort', this)
  }
}

class File implements NetFile {
  readonly #file: OpenFile
  readonly #mode: NetFileMode
  readonly #closed: (file: File) => void
  readonly #calls = new Set<Call>()
  #offset = 0
  #closing: Promise<void> | null = null

  constructor(file: OpenFile, mode: NetFileMode, closed: (file: File) => void) {
    this.#file = file
    this.#mode = mode
    this.#closed = closed
  }

  async read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const file = this.#file
    const n = await this.#run(options, async (call) => {
      if (file.read === undefined || this.#mode === 'w') fail('inappropriate use of fd')
      return file.read(p, this.#offset, call)
    })
    this.#offset += n
    return n
  }

  async write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const file = this.#file
    const n = await this.#run(options, async (call) => {
      if (file.write === undefined || this.#mode === 'r') fail('inappropriate use of fd')
      return file.write(p, this.#offset, call)
    })
    this.#offset += n
    return n
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
      for (const call of this.#calls) call.abort()
      this.#closing = Promise.resolve(this.#file.close?.())
    }
    return this.#closing
  }

  // Only what goes over the network waits for long.
  #keep(on: boolean): void {
    if (this.#closing === null && this.#file instanceof Data) this.#file.keep(on)
  }

  async #run(options: IOOptions | undefined, act: (call: Call) => Promise<number>): Promise<number> {
    const signal = options?.signal
    signal?.throwIfAborted()
    if (this.#closing !== null) fail('fd out of range or not open')
    const call = new Call(signal)
    this.#calls.add(call)
    try {
      return await act(call)
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error
    } finally {
      call.done()
      this.#calls.delete(call)
    }
  }
}
