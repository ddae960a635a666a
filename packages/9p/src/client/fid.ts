import { type IOOptions, checkBuffer } from '@net/contract'
import { HEADER_SIZE, IOHDRSZ, MAXWELEM } from '../wire/constants.ts'
import { MessageError, textSize } from '../wire/cursor.ts'
import { RemoteError, SessionError } from '../wire/errors.ts'
import type { Exchange } from './exchange.ts'
import * as m from '../wire/message.ts'
import type { NumberPool } from '../wire/number_pool.ts'
import { type Qid, QID_SIZE } from '../wire/qid.ts'
import type { Stat } from '../wire/stat.ts'

/**
 * A client's handle on a file of the server: one message for each call. It is not open until {@link open} or
 * {@link create}; a fid that is open can't be walked from. Let go of it by {@link clunk} or {@link remove},
 * after which its methods reject. {@link RemoteFile} is more convenient for whole files. Each rejects with a
 * {@link RemoteError} where the server refuses, a {@link SessionError} once the session is over, an Error
 * ("fid was clunked") when the fid has gone, or with the signal's reason.
 *
 * @example
 * ```ts
 * import { Client, OREAD } from '@net/9p'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { exportNet } from '@net/netfs'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const exported = exportNet(kernel, listener) // a server of 9P2000
 * const client = await Client.connect(await kernel.dialTCP('tcp', null, listener.addr))
 * const root = await client.attach()
 * const fid = await root.walk(['tcp', 'clone'])
 * const error = await root.walk(['nothing']).catch((e) => e)
 * console.log(error.message) // file does not exist
 * await fid.open(OREAD)
 * const p = new Uint8Array(16)
 * console.log(await fid.read(p, 0)) // 1
 * await fid.clunk()
 * await client.close()
 * await exported.close()
 * ```
 */
export class Fid {
  /** Its number in the session. */
  readonly number: number
  /** The qid of its file; opening can change it. */
  qid: Qid
  readonly #exchange: Exchange
  readonly #fids: NumberPool
  #iounit: number // -1: not open
  #gone = false

  /** Makes the handle of a fid that the server has bound; `iounit` when it is open. For clients and fids. */
  constructor(exchange: Exchange, fids: NumberPool, number: number, qid: Qid, iounit = -1) {
    this.#exchange = exchange
    this.#fids = fids
    this.number = number
    this.qid = qid
    this.#iounit = iounit
  }

  /** Whether it is open. */
  get isOpen(): boolean {
    return this.#iounit >= 0
  }

  /** The most bytes that one read or write carries: the server's iounit, or msize - 24 where it has none. */
  get ioSize(): number {
    const most = this.#exchange.msize - IOHDRSZ
    return this.#iounit > 0 ? Math.min(this.#iounit, most) : most
  }

  /**
   * Walks along `names`, each one element of a path or '..', and gives a new fid for where they lead; none
   * gives a second fid for the same file. Walks too long for one message go as several. When the walk fails
   * no fid is left. Rejects with a {@link RemoteError} where the server refuses, with a {@link SessionError}
   * once the session is over, or with the signal's reason.
   */
  async walk(names: readonly string[], options?: IOOptions): Promise<Fid> {
    this.#check()
    const number = this.#fids.take()
    const end = new Fid(this.#exchange, this.#fids, number, this.qid)
    let from = this.number
    let at = 0
    try {
      do {
        const wname = this.#part(names, at)
        const message: m.Twalk = { type: m.Twalk, tag: 0, fid: from, newfid: number, wname }
        const { wqid } = await this.#exchange.call(message, m.Rwalk, from, options)
        if (wqid.length > wname.length) this.#exchange.broken(`${wqid.length} qids for ${wname.length} names`)
        if (wqid.length < wname.length) throw new RemoteError('file does not exist')
        at += wname.length
        from = number
        end.qid = wqid[wname.length - 1] ?? end.qid
      } while (at < names.length)
      return end
    } catch (e) {
      // A walk that fails binds no fid, but the parts of a long walk before it have bound this one.
      if (from !== number) this.#fids.give(number)
      else await end.clunk()
      throw e
    }
  }

  /**
   * Opens the file: OREAD, OWRITE, ORDWR or OEXEC, with OTRUNC and ORCLOSE added. Some files take long to
   * open. Rejects with a {@link RemoteError} where the server refuses, with a {@link SessionError} once the
   * session is over, or with the signal's reason.
   */
  async open(mode: number, options?: IOOptions): Promise<void> {
    this.#check()
    const message: m.Topen = { type: m.Topen, tag: 0, fid: this.number, mode }
    const reply = await this.#exchange.call(message, m.Ropen, this.number, options)
    this.qid = reply.qid
    this.#iounit = reply.iounit
  }

  /**
   * Makes a file in this directory and opens it; the fid is then the new file's. Rejects with a
   * {@link RemoteError} where the server refuses, with a {@link SessionError} once the session is over, or
   * with the signal's reason.
   */
  async create(name: string, perm: number, mode: number, options?: IOOptions): Promise<void> {
    this.#check()
    const message: m.Tcreate = { type: m.Tcreate, tag: 0, fid: this.number, name, perm, mode }
    const reply = await this.#exchange.call(message, m.Rcreate, this.number, options)
    this.qid = reply.qid
    this.#iounit = reply.iounit
  }

  /**
   * Reads once, up to `p.byteLength` and {@link ioSize} bytes from `offset`, and gives how many came; 0 is
   * the end, or an empty datagram. `p` belongs to the fid until the promise settles. Rejects with a
   * {@link RemoteError}, a {@link SessionError} or the signal's reason; with a TypeError for what is no
   * Uint8Array, a RangeError for an offset that is no whole number from 0 on.
   */
  read(p: Uint8Array, offset = 0, options?: IOOptions): Promise<number> {
    try {
      this.#check()
      return this.#exchange.read(this.number, this.#clip(p), checkOffset(offset), options)
    } catch (e) {
      return Promise.reject(e)
    }
  }

  /**
   * Writes once, up to `p.byteLength` and {@link ioSize} bytes at `offset`, and gives how many the server
   * took. `p` belongs to the fid until the promise settles. Rejects as {@link read}.
   */
  write(p: Uint8Array, offset = 0, options?: IOOptions): Promise<number> {
    try {
      this.#check()
      return this.#exchange.write(this.number, this.#clip(p), checkOffset(offset), options)
    } catch (e) {
      return Promise.reject(e)
    }
  }

  /**
   * Asks about the file. Rejects with a {@link RemoteError} where the server refuses, with a
   * {@link SessionError} once the session is over, or with the signal's reason.
   */
  async stat(options?: IOOptions): Promise<Stat> {
    this.#check()
    const message: m.Tstat = { type: m.Tstat, tag: 0, fid: this.number }
    return (await this.#exchange.call(message, m.Rstat, this.number, options)).stat
  }

  /**
   * Changes what stat tells, all of it or nothing. Begin with {@link DONT_TOUCH}. Rejects with a
   * {@link RemoteError} where the server refuses, with a {@link SessionError} once the session is over, or
   * with the signal's reason.
   */
  async wstat(stat: Stat, options?: IOOptions): Promise<void> {
    this.#check()
    const message: m.Twstat = { type: m.Twstat, tag: 0, fid: this.number, stat }
    await this.#exchange.call(message, m.Rwstat, this.number, options)
  }

  /**
   * Lets the fid go, whatever the server answers. What is pending on it is flushed and rejects with an error.
   * Clunking again, or after the session's end, does nothing. It rejects with a {@link RemoteError} where the
   * server answered with an error.
   */
  async clunk(): Promise<void> {
    await this.#leave(m.Tclunk)
  }

  /**
   * Removes the file and lets the fid go, whether or not the file could be removed. Rejects with a
   * {@link RemoteError} where it could not, with a {@link SessionError} once the session is over.
   */
  async remove(): Promise<void> {
    this.#check()
    await this.#leave(m.Tremove)
  }

  /** Clunks the fid. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.clunk()
  }

  async #leave(type: typeof m.Tclunk | typeof m.Tremove): Promise<void> {
    if (this.#gone) return
    this.#gone = true
    const { number } = this
    this.#exchange.flushFid(number, new Error('fid was clunked'))
    try {
      const expected = type === m.Tclunk ? m.Rclunk : m.Rremove
      await this.#exchange.call({ type, tag: 0, fid: number }, expected, number)
    } catch (e) {
      // The end of the session has let the fid go.
      if (type === m.Tremove || !(e instanceof SessionError)) throw e
    } finally {
      this.#fids.give(number)
    }
  }

  // The names from `at` on that one Twalk, and its reply, can carry.
  #part(names: readonly string[], at: number): string[] {
    const { msize } = this.#exchange
    const most = Math.min(MAXWELEM, Math.floor((msize - HEADER_SIZE - 2) / QID_SIZE))
    const part: string[] = []
    let size = HEADER_SIZE + 10
    for (const name of names.slice(at, at + most)) {
      size += textSize(name, 'wname')
      if (size > msize && part.length > 0) break
      part.push(name)
    }
    return part
  }

  #clip(p: Uint8Array): Uint8Array {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    const most = this.ioSize
    return p.byteLength > most ? p.subarray(0, most) : p
  }

  #check(): void {
    if (this.#gone) throw new Error('fid was clunked')
  }
}

function checkOffset(offset: number): number {
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError('an offset is a whole number from 0 to 2^53 - 1')
  return offset
}

/**
 * Cuts a path into the names to walk: 'tcp/clone', '/tcp//clone' and 'tcp/./clone' are the same.
 *
 * @example
 * ```ts
 * import { pathNames } from '@net/9p'
 *
 * console.log(pathNames('/tcp//./clone').join()) // tcp,clone
 * ```
 */
export function pathNames(path: string): string[] {
  // '.' is never sent: there are servers that it kills.
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.some((name) => name.includes('\0'))) throw new MessageError('NUL in a path')
  return names
}
