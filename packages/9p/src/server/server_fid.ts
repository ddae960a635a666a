import type { IOOptions } from '@net/contract'
import { OEXEC, ORCLOSE, ORDWR, OREAD, OWRITE, QTDIR } from '../wire/constants.ts'
import { encodeStat, type Stat, statSize } from '../wire/stat.ts'
import type { Call } from './call.ts'
import type { OneByOne } from './one_by_one.ts'
import type { OpenFile, TreeNode } from '../wire/tree.ts'

/** A fid of a server's session. */
export class ServerFid {
  /** The node that it refers to. */
  node: TreeNode
  /** Whether it is being opened, or walked to another node. */
  busy = false
  /** Whether it was clunked. */
  gone = false
  readonly #open: Set<ServerFid>
  readonly #listings: OneByOne
  #file: OpenFile | null = null
  #mode = OREAD
  #uses = 0
  #reads = 0
  #listing: Listing | null = null
  #closing: Promise<void> | null = null

  /**
   * Makes a fid of a node, not open; while it is it will be in the set `open`. Directories are listed by
   * `listings`.
   */
  constructor(node: TreeNode, open: Set<ServerFid>, listings: OneByOne) {
    this.node = node
    this.#open = open
    this.#listings = listings
  }

  /** The open file; null when it is not open. */
  get file(): OpenFile | null {
    return this.#file
  }

  /** The open file for reading; throws when it is not open so. */
  get readable(): OpenFile {
    if (this.#file === null) throw new Error('fd out of range or not open')
    if ((this.#mode & OEXEC) === OWRITE) throw new Error('inappropriate use of fd')
    return this.#file
  }

  /** The open file for writing; throws when it is not open so. */
  get writable(): OpenFile {
    if (this.#file === null) throw new Error('fd out of range or not open')
    const access = this.#mode & OEXEC
    if (access !== OWRITE && access !== ORDWR) throw new Error('inappropriate use of fd')
    return this.#file
  }

  /** Makes it open. */
  opened(file: OpenFile, mode: number): void {
    this.#file = file
    this.#mode = mode
    this.node = file.node
    this.#closing = null // a clunk while it was being opened had nothing to close
    this.#open.add(this)
  }

  /** Whether a read of the open file is pending. */
  get reading(): boolean {
    return this.#reads > 0
  }

  /** Counts a request that works on the open file: it stays open at least until {@link leave}. */
  enter(reading = false): void {
    this.#uses++
    if (reading) this.#reads++
  }

  /** Counts a request as finished. The last one after a clunk closes the file. */
  leave(reading = false): void {
    this.#uses--
    if (reading) this.#reads--
    if (!this.gone || this.#uses > 0) return
    this.close().catch(() => {
      // The Tclunk was answered long ago, so that the error has nobody to go to.
    })
  }

  /** Closes the file unless requests are pending on it; the last of them will. */
  async clunk(): Promise<void> {
    this.gone = true
    if (this.#uses === 0) await this.close()
  }

  /** Removes the file from the tree and clunks the fid, whether or not that succeeds. */
  async remove(options: IOOptions): Promise<void> {
    const { node } = this
    this.#mode &= ~ORCLOSE
    try {
      if (node.remove === undefined) throw new Error('permission denied')
      await node.remove(options)
    } finally {
      await this.clunk()
    }
  }

  /** Closes the file whatever is pending, and removes it if it was opened so. */
  async close(): Promise<void> {
    this.gone = true
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = this.#listing = null
    this.#open.delete(this)
    if (file === null) return
    await file.close?.()
    if ((this.#mode & ORCLOSE) !== 0) await file.node.remove?.({})
  }

  /**
   * Reads whole entries of the directory into `p` and gives the bytes; the offset is 0 or where the last read
   * ended.
   */
  async readDirectory(p: Uint8Array, offset: number, call: Call): Promise<number> {
    const file = this.readable
    if (offset === 0) {
      const stats = await this.#listings.run(call, () => file.list?.(call) ?? [])
      this.#listing = new Listing(stats)
    }
    if (this.#listing?.offset !== offset) throw new Error('seek in directory')
    return this.#listing.read(p)
  }

  /** Whether it is a directory. */
  get isDirectory(): boolean {
    return (this.node.qid.type & QTDIR) !== 0
  }
}

// The rest of a directory that is being read.
class Listing {
  offset = 0
  readonly #stats: readonly Stat[]
  #next = 0

  constructor(stats: readonly Stat[]) {
    this.#stats = stats
  }

  read(p: Uint8Array): number {
    let n = 0
    for (let stat = this.#stats[this.#next]; stat !== undefined; stat = this.#stats[this.#next]) {
      if (statSize(stat) > p.byteLength - n) break
      n = encodeStat(stat, p, n)
      this.#next++
    }
    if (n === 0 && this.#next < this.#stats.length) throw new Error('i/o count too small')
    this.offset += n
    return n
  }
}
