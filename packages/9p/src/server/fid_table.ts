import type { Call } from './call.ts'
import { HEADER_SIZE, IOHDRSZ, NOFID, OEXEC, ORCLOSE, ORDWR, OREAD, QTDIR } from '../wire/constants.ts'
import { FID_SIZE, type Holdings } from './holdings.ts'
import * as m from '../wire/message.ts'
import { OneByOne } from './one_by_one.ts'
import { type Qid, QID_SIZE } from '../wire/qid.ts'
import { BAD_FID } from './refusals.ts'
import { ServerFid } from './server_fid.ts'
import type { Awaitable, OpenFile, Tree, TreeNode } from '../wire/tree.ts'

/** A request that is not a read, write, flush or version. */
export type FidRequest = Exclude<m.TMessage, m.Tversion | m.Tflush | m.Tread | m.Twrite>

/** The fids of a server's session, and what the requests do to them. Failures are thrown. */
export class FidTable {
  readonly #tree: Tree
  readonly #limit: number
  readonly #holdings: Holdings
  // A fid that is about to be bound is null: nobody else may have its number, and nobody use it yet.
  readonly #fids = new Map<number, ServerFid | null>()
  // Those open, in the table or clunked with requests still pending.
  readonly #open = new Set<ServerFid>()
  readonly #listings = new OneByOne()
  #session: object = {}

  /** Makes an empty table of at most `limit` fids, which counts them in `holdings`. */
  constructor(tree: Tree, limit: number, holdings: Holdings) {
    this.#tree = tree
    this.#limit = limit
    this.#holdings = holdings
  }

  /** The fids bound, or about to be. */
  get size(): number {
    return this.#fids.size
  }

  /** The files open: those of fids, and those clunked while requests are pending on them. */
  get open(): number {
    return this.#open.size
  }

  /** Gives a fid that is bound. */
  get(number: number): ServerFid {
    const fid = this.#fids.get(number)
    if (fid === undefined || fid === null) throw BAD_FID
    return fid
  }

  /** Does what a request asks and gives the reply. `msize` is the longest reply. */
  async perform(x: FidRequest, call: Call, msize: number): Promise<m.RMessage> {
    const { tag } = x
    switch (x.type) {
      case m.Tauth:
        return { type: m.Rauth, tag, aqid: await this.#auth(x, call) }
      case m.Tattach:
        return { type: m.Rattach, tag, qid: await this.#attach(x, call) }
      case m.Twalk:
        if (HEADER_SIZE + 2 + x.wname.length * QID_SIZE > msize) throw new Error('walk too long for msize')
        return { type: m.Rwalk, tag, wqid: await this.#walk(x, call) }
      case m.Topen:
        return { type: m.Ropen, tag, ...(await this.#openFile(x, msize, (node) => open(node, x, call))) }
      case m.Tcreate:
        return { type: m.Rcreate, tag, ...(await this.#openFile(x, msize, (node) => create(node, x, call))) }
      case m.Tclunk:
        await this.#clunk(x.fid)
        return { type: m.Rclunk, tag }
      case m.Tremove:
        await this.#remove(x.fid, call)
        return { type: m.Rremove, tag }
      case m.Tstat:
        return { type: m.Rstat, tag, stat: await this.get(x.fid).node.stat(call) }
      case m.Twstat: {
        const { node } = this.get(x.fid)
        if (node.wstat === undefined) throw denied()
        await node.wstat(x.stat, call)
        return { type: m.Rwstat, tag }
      }
    }
  }

  /** Clunks everything, whatever is pending. Resolves when all files are closed, however that went. */
  async clear(): Promise<void> {
    this.#session = {}
    const fids = [...this.#open]
    for (const fid of this.#fids.values()) if (fid !== null) fid.gone = true
    this.#holdings.hold(-FID_SIZE * this.#fids.size)
    this.#fids.clear()
    this.#open.clear()
    await Promise.allSettled(fids.map((fid) => fid.close()))
  }

  async #auth(x: m.Tauth, call: Call): Promise<Qid> {
    if (this.#tree.auth === undefined) throw new Error('authentication not required')
    this.#reserve(x.afid)
    try {
      const file = await this.#tree.auth(x.uname, x.aname, call)
      const fid = new ServerFid(file.node, this.#open, this.#listings)
      await this.#opened(fid, file, ORDWR, call.dropped)
      this.#fids.set(x.afid, fid)
      return file.node.qid
    } finally {
      this.#unreserve(x.afid, call)
    }
  }

  async #attach(x: m.Tattach, call: Call): Promise<Qid> {
    const { uname, aname } = x
    // Where there is no authentication the real servers take any afid.
    const wanted = this.#tree.auth !== undefined && x.afid !== NOFID
    const auth = wanted ? this.get(x.afid).file : null
    if (wanted && auth === null) throw BAD_FID
    this.#reserve(x.fid)
    try {
      const root = await this.#tree.attach({ uname, aname, auth, session: this.#session }, call)
      this.#bind(x.fid, root, call)
      return root.qid
    } finally {
      this.#unreserve(x.fid, call)
    }
  }

  async #walk(x: m.Twalk, call: Call): Promise<Qid[]> {
    const fid = this.get(x.fid)
    if (fid.file !== null || fid.busy) throw new Error('walk of open fid')
    if (x.newfid !== x.fid) this.#reserve(x.newfid)
    fid.busy = x.newfid === x.fid
    const wqid: Qid[] = []
    try {
      let { node } = fid
      for (const name of x.wname) {
        const next = await step(node, name, call, wqid.length > 0)
        if (next === null) return wqid
        wqid.push(next.qid)
        node = next
      }
      if (x.newfid === x.fid) fid.node = node
      else this.#bind(x.newfid, node, call)
      return wqid
    } finally {
      fid.busy = false
      if (x.newfid !== x.fid) this.#unreserve(x.newfid, call)
    }
  }

  // Makes a fid open, and gives what the reply tells of its file.
  async #openFile(
    x: m.Topen | m.Tcreate,
    msize: number,
    make: (node: TreeNode) => Awaitable<OpenFile>,
  ): Promise<{ qid: Qid; iounit: number }> {
    const fid = this.get(x.fid)
    if (fid.file !== null || fid.busy) throw new Error('inappropriate use of fd')
    fid.busy = true
    try {
      const file = await make(fid.node)
      await this.#opened(fid, file, x.mode, fid.gone)
      return { qid: file.node.qid, iounit: Math.min(file.iounit ?? 0, msize - IOHDRSZ) }
    } finally {
      fid.busy = false
    }
  }

  // Makes a fid open. When it was clunked meanwhile, its file is closed at once.
  async #opened(fid: ServerFid, file: OpenFile, mode: number, gone: boolean): Promise<void> {
    fid.opened(file, mode)
    if (!gone) return
    await fid.close()
    throw new Error('fid was clunked')
  }

  async #clunk(number: number): Promise<void> {
    const fid = this.get(number)
    this.#delete(number)
    await fid.clunk()
  }

  async #remove(number: number, call: Call): Promise<void> {
    const fid = this.get(number)
    this.#delete(number)
    await fid.remove(call)
  }

  #reserve(number: number): void {
    if (number === NOFID) throw BAD_FID
    if (this.#fids.has(number)) throw new Error('fid in use')
    if (this.#fids.size >= this.#limit) throw new Error('too many fids')
    this.#holdings.check(FID_SIZE)
    this.#fids.set(number, null)
    this.#holdings.hold(FID_SIZE)
  }

  #bind(number: number, node: TreeNode, call: Call): void {
    if (!call.dropped) this.#fids.set(number, new ServerFid(node, this.#open, this.#listings))
  }

  // Frees a number that was not bound after all. After the session's end it may be another's.
  #unreserve(number: number, call: Call): void {
    if (!call.dropped && this.#fids.get(number) === null) this.#delete(number)
  }

  #delete(number: number): void {
    if (this.#fids.delete(number)) this.#holdings.hold(-FID_SIZE)
  }
}

// Gives what a walk comes to next; null where it stops half-way, which is no error.
async function step(node: TreeNode, name: string, call: Call, halfway: boolean): Promise<TreeNode | null> {
  try {
    if (node.walk === undefined) throw new Error('not a directory')
    if (name === '' || name === '.' || name.includes('/')) throw new Error('file does not exist')
    return await node.walk(name, call)
  } catch (e) {
    if (halfway) return null
    throw e
  }
}

function open(node: TreeNode, x: m.Topen, call: Call): Awaitable<OpenFile> {
  const directory = (node.qid.type & QTDIR) !== 0
  if (directory && (x.mode & ~OEXEC) !== 0) throw denied()
  if (directory && (x.mode & OEXEC) !== OREAD && (x.mode & OEXEC) !== OEXEC) throw denied()
  if ((x.mode & ORCLOSE) !== 0 && node.remove === undefined) throw denied()
  return node.open(x.mode, call)
}

function create(node: TreeNode, x: m.Tcreate, call: Call): Awaitable<OpenFile> {
  if ((node.qid.type & QTDIR) === 0) throw new Error('not a directory')
  if (node.create === undefined) throw denied()
  if (x.name === '' || x.name === '.' || x.name === '..' || x.name.includes('/')) {
    throw new Error('file name syntax')
  }
  return node.create(x.name, x.perm, x.mode, call)
}

function denied(): Error {
  return new Error('permission denied')
}
