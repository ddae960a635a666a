import type { IOOptions, NetFile, NetFileMode, NetFS } from '@net/contract'

/** What a scripted file does: each is tried in order; a text is the words of an error. */
export interface Script {
  /** What successive reads give; the reads behind them give 0 bytes, or wait when this ends with 'wait'. */
  reads?: (string | Uint8Array | Error)[]
  /** What a write of a text does: nothing is a success. */
  write?: (text: string, bytes: Uint8Array) => void
  /** What the open waits for. */
  opening?: (options?: IOOptions) => Promise<void>
  ioSize?: number
  outstanding?: number
}

/** A tree whose files do what a script says; it counts what is open. */
export class ScriptedNet implements NetFS {
  readonly root = '/net'
  readonly opens: string[] = []
  /** The files that are open. */
  held = 0
  readonly #files: Record<string, (() => Script) | undefined>

  constructor(files: Record<string, (() => Script) | undefined>) {
    this.#files = files
  }

  async open(path: string, _mode: NetFileMode, options?: IOOptions): Promise<NetFile> {
    this.opens.push(path)
    const script = this.#files[path]?.()
    if (script === undefined) throw new Error('file does not exist')
    await script.opening?.(options)
    this.held++
    return new ScriptedFile(script, () => this.held--)
  }
}

class ScriptedFile implements NetFile {
  readonly ioSize?: number
  readonly outstanding?: number
  readonly #script: Script
  readonly #closed: () => void
  readonly #waiting: ((e: Error) => void)[] = []
  #done = false

  constructor(script: Script, closed: () => void) {
    this.#script = script
    this.#closed = closed
    if (script.ioSize !== undefined) this.ioSize = script.ioSize
    if (script.outstanding !== undefined) this.outstanding = script.outstanding
  }

  async read(p: Uint8Array): Promise<number> {
    const { reads = [] } = this.#script
    const next = reads[0]
    if (next === 'wait') await new Promise((_, reject) => this.#waiting.push(reject))
    reads.shift()
    if (next === undefined) return 0
    if (next instanceof Error) throw next
    const bytes = typeof next === 'string' ? Buffer.from(next) : next
    p.set(bytes.subarray(0, p.byteLength))
    return Math.min(bytes.byteLength, p.byteLength)
  }

  async write(p: Uint8Array): Promise<number> {
    this.#script.write?.(Buffer.from(p).toString(), p.slice())
    return p.byteLength
  }

  rewind(): void {
    // Scripted answers come in their order whatever the offset is.
  }

  async close(): Promise<void> {
    if (this.#done) return
    this.#done = true
    this.#closed()
    for (const reject of this.#waiting) reject(new Error('fid was clunked'))
  }
}
