import { open, type FileHandle } from 'node:fs/promises'
import type { IOOptions, NetFile, NetFileMode, NetFS, NetOpenOptions } from '@net/contract'
import { endingOf, race, Semaphore } from '@net/io'

let threads: Semaphore | undefined

/**
 * The turns of the calls that may block the JavaScript host's threads for long: never the last one, so that
 * control messages get through. The threads are counted as Node does it, when the first call needs one and not
 * on import: not every program may read the environment.
 */
function threadTurns(): Semaphore {
  threads ??= new Semaphore(Math.max((Number(process.env.UV_THREADPOOL_SIZE ?? 4) || 4) - 1, 1))
  return threads
}

/** Whether an open, or reads, of a file may wait for the network. */
function waits(path: string): boolean {
  return /(^|\/)(data|listen|err|log)$/.test(path)
}

/**
 * The network tree that is mounted on a directory, by whatever means: `/net` of a Plan 9 system, a FUSE or
 * v9fs mount. Reads that wait, and opens of listen, each hold one of the JavaScript host's threads for files
 * (UV_THREADPOOL_SIZE, 4 when it is not set; one of them stays free), keep the process alive and can't be
 * called back: a signal ends waiting for them, not them, and a file is closed when its last call returns. A
 * TCP connection that is closed while it is being read is therefore hung up, which resets it. Many
 * connections at a time need more threads, set before the process starts, or {@link importNet}. Opening
 * rejects with the error of node:fs, or with the signal's reason.
 *
 * @example
 * ```ts
 * import { plan9, osNet } from '@net/plan9'
 *
 * const target = plan9({ net: osNet('/net') }) // nothing is opened yet
 * console.log(target.name) // plan9
 * ```
 */
export function osNet(dir: string): NetFS {
  const root = dir.length > 1 ? dir.replace(/\/+$/, '') : dir
  return {
    root,
    async open(path: string, mode: NetFileMode, options: NetOpenOptions = {}): Promise<NetFile> {
      const ending = endingOf(options)
      ending?.throwIfOver()
      const opening = (): Promise<FileHandle> => open(`${root}/${path}`, { r: 'r', w: 'r+', rw: 'r+' }[mode])
      const blocking = waits(path)
      // An open of listen is waited for whatever ends the options, as the call that it brings must not be
      // lost.
      const handle = path.endsWith('/listen') ? threadTurns().run(opening) : opening()
      if (path.endsWith('/listen') || ending === null) return new OSFile(await handle, blocking)
      try {
        return new OSFile(await race(handle, options), blocking)
      } catch (e) {
        handle
          .then(
            (file) => file.close(),
            () => {}, // the caller was told why the open ended
          )
          .catch(() => {})
        throw e
      }
    },
  }
}

class OSFile implements NetFile {
  readonly isStuckWhileRead = true
  readonly #handle: FileHandle
  readonly #blocking: boolean
  #offset: number | null = 0
  #closed = false
  #reads: Promise<unknown> = Promise.resolve()
  #writes: Promise<unknown> = Promise.resolve()

  constructor(handle: FileHandle, blocking: boolean) {
    this.#handle = handle
    this.#blocking = blocking
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const call = async (): Promise<number> => {
      this.#check(options)
      const work = (): Promise<number> =>
        this.#at(async (at) => (await this.#handle.read(p, 0, p.byteLength, at)).bytesRead)
      return await (this.#blocking ? threadTurns().run(work) : work())
    }
    const turn = this.#reads.then(call)
    this.#reads = turn.catch(() => {})
    return race(turn, options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const call = async (): Promise<number> => {
      this.#check(options)
      return await this.#at(async (at) => (await this.#handle.write(p, 0, p.byteLength, at)).bytesWritten)
    }
    const turn = this.#writes.then(call)
    this.#writes = turn.catch(() => {})
    return race(turn, options)
  }

  rewind(): void {
    if (this.#offset !== null) this.#offset = 0
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const closing = this.#handle.close() // which waits for calls that have not returned
    if (this.#blocking) closing.catch(() => {})
    else await closing
  }

  #check(options?: IOOptions): void {
    endingOf(options)?.throwIfOver()
    if (this.#closed) throw new Error('file is closed')
  }

  // With an offset of its own each call leaves the descriptor's alone, which the kernel locks for as long as
  // a call takes: a read that waits would hold up every write.
  async #at(call: (at: number | null) => Promise<number>): Promise<number> {
    const at = this.#offset
    try {
      const n = await call(at)
      if (this.#offset !== null) this.#offset += n
      return n
    } catch (e) {
      if (at === null || (e as NodeJS.ErrnoException).code !== 'ESPIPE') throw e
      this.#offset = null // the file is a pipe, which has no offsets
      return await call(null)
    }
  }
}
