import type { IOOptions } from '@net/contract'
import { OREAD } from '../wire/constants.ts'
import { type Fid, pathNames } from './fid.ts'
import { decodeStats, type Stat } from '../wire/stat.ts'

/**
 * A file of the server, open, with an offset that reads and writes move along, as a file descriptor has. The
 * methods with At take the offset given and leave the other alone; they may run side by side. All reject with
 * a {@link RemoteError} where the server refuses, a {@link SessionError} once the session is over, an Error
 * ("fid was clunked") after {@link close}, or with the signal's reason.
 *
 * @example
 * ```ts
 * import { Client, ORDWR, RemoteFile } from '@net/9p'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { exportNet } from '@net/netfs'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const exported = exportNet(kernel, listener) // a server of 9P2000
 * const client = await Client.connect(await kernel.dialTCP('tcp', null, listener.addr))
 * const root = await client.attach()
 * const cs = await RemoteFile.open(root, 'cs', ORDWR)
 * await cs.write(new TextEncoder().encode('tcp!127.0.0.1!80'))
 * const p = new Uint8Array(64)
 * console.log(new TextDecoder().decode(p.subarray(0, await cs.readAt(p, 0)))) // /net/tcp/clone 127.0.0.1!80
 * await cs.close()
 * await client.close()
 * await exported.close()
 * ```
 */
export class RemoteFile {
  /** The open fid. */
  readonly fid: Fid
  /** Where {@link read} and {@link write} go on, in bytes. */
  offset = 0

  /** Makes a file of a fid that is open; closing the file clunks it. */
  constructor(fid: Fid) {
    this.fid = fid
  }

  /**
   * Walks from `root` to `path` and opens what is there, in a mode of {@link Fid.open}. When it rejects, as
   * {@link Fid.open} and {@link Fid.walk} do, no fid is left.
   */
  static async open(root: Fid, path: string, mode: number = OREAD, options?: IOOptions): Promise<RemoteFile> {
    return opened(await root.walk(pathNames(path), options), (fid) => fid.open(mode, options))
  }

  /**
   * Makes a file in the directory at `path` and opens it. When it rejects, as {@link Fid.create} and
   * {@link Fid.walk} do, no fid is left; with a TypeError for an empty path.
   */
  static async create(
    root: Fid,
    path: string,
    perm: number,
    mode: number,
    options?: IOOptions,
  ): Promise<RemoteFile> {
    const names = pathNames(path)
    const name = names.pop()
    if (name === undefined) throw new TypeError('the path of a new file is not empty')
    return opened(await root.walk(names, options), (fid) => fid.create(name, perm, mode, options))
  }

  /**
   * Reads up to `p.byteLength` bytes, by one message, and gives how many; 0 at the end. Until the promise
   * settles `p` belongs to the file. Rejects as {@link Fid.read}.
   */
  async read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const n = await this.readAt(p, this.offset, options)
    this.offset += n
    return n
  }

  /** Reads like {@link read}, from `offset`. Rejects as {@link Fid.read}. */
  async readAt(p: Uint8Array, offset: number, options?: IOOptions): Promise<number> {
    return this.fid.read(p, offset, options)
  }

  /**
   * Writes all of `p`, by as many messages as that takes, and gives its length. Until the promise settles `p`
   * belongs to the file. Rejects as {@link Fid.write}, and the offset then stays as it was.
   */
  async write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const n = await this.writeAt(p, this.offset, options)
    this.offset += n
    return n
  }

  /** Writes like {@link write}, at `offset`. Rejects as {@link Fid.write}. */
  async writeAt(p: Uint8Array, offset: number, options?: IOOptions): Promise<number> {
    let at = 0
    do {
      const rest = at === 0 ? p : p.subarray(at)
      const n = await this.fid.write(rest, offset + at, options)
      if (n === 0 && rest.byteLength > 0) throw new Error('the server wrote nothing')
      at += n
    } while (at < p.byteLength)
    return at
  }

  /**
   * Reads from the start to the end, of a file that has one. The bytes belong to the caller. Rejects as
   * {@link Fid.read}.
   */
  async readAll(options?: IOOptions): Promise<Uint8Array<ArrayBuffer>> {
    let all = new Uint8Array(this.fid.ioSize)
    let length = 0
    for (;;) {
      if (length === all.byteLength) {
        const more = new Uint8Array(2 * length)
        more.set(all)
        all = more
      }
      const n = await this.readAt(all.subarray(length), length, options)
      if (n === 0) return all.slice(0, length)
      length += n
    }
  }

  /**
   * Reads a directory from the start to the end. In a union of directories a name can appear twice. Rejects
   * as {@link Fid.read}, and with a MessageError for what is no directory's content.
   */
  async readDir(options?: IOOptions): Promise<Stat[]> {
    const all: Stat[] = []
    const p = new Uint8Array(this.fid.ioSize)
    for (let offset = 0; ;) {
      const n = await this.readAt(p, offset, options)
      if (n === 0) return all
      all.push(...decodeStats(p.subarray(0, n)))
      offset += n
    }
  }

  /** Asks about the file. Rejects as {@link Fid.stat}. */
  async stat(options?: IOOptions): Promise<Stat> {
    return this.fid.stat(options)
  }

  /**
   * Closes the file: what is pending on it rejects. Closing again does nothing. Rejects as {@link Fid.clunk}.
   */
  async close(): Promise<void> {
    await this.fid.clunk()
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function opened(fid: Fid, open: (fid: Fid) => Promise<void>): Promise<RemoteFile> {
  try {
    await open(fid)
    return new RemoteFile(fid)
  } catch (e) {
    await fid.clunk().catch(() => {
      // Why it could not be opened is the error to tell; the fid is gone either way.
    })
    throw e
  }
}
