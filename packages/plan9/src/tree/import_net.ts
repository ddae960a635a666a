import { Client, type Fid, ORDWR, OREAD, OWRITE, pathNames, type SessionError } from '@net/9p'
import type { Conn, IOOptions, NetFile, NetFileMode, NetFS, NetOpenOptions } from '@net/contract'
import { Liveness, race, Semaphore } from '@net/io'
import { attach, type Authenticate } from './attach.ts'

/** Options of {@link importNet}. */
export interface ImportOptions extends IOOptions {
  /**
   * The longest 9P message wanted, in bytes; the server may make it shorter. Absent means 512 KiB and 24
   * bytes.
   */
  readonly msize?: number | undefined
  /** The name of the tree to attach to; absent means the server's usual one. */
  readonly aname?: string | undefined
  /** The user to attach as; absent means 'none'. */
  readonly uname?: string | undefined
  /**
   * Proves to the server who this client is, if it asks for that. Absent: the server is not asked, and one
   * that lets in only clients that authenticate themselves is an error.
   */
  readonly auth?: Authenticate | undefined
  /**
   * How many reads, and how many writes, of one file may be outstanding. More than 1 needs a server that
   * serves those of a file in their order, which 9P does not demand and Plan 9's exportfs and Inferno's
   * export do not promise. Absent means 8 where the server grants messages longer than these do (64 KiB), and
   * 1 elsewhere.
   */
  readonly outstanding?: number | undefined
}

/** A network tree over a 9P session, which belongs to it. */
export interface ImportedNet extends NetFS, AsyncDisposable {
  /** Resolves when the session is over, for whatever reason; never rejects. */
  readonly done: Promise<void>
  /** Why the session is over; null while it is not. */
  readonly error: Error | null
  /**
   * The fids that are open, and the requests outstanding. Both are 0 when all files are closed, but for the
   * root's fid.
   */
  readonly fids: number
  /** The requests outstanding; 0 where nothing waits. */
  readonly requests: number
  /**
   * Ends the session: all files are closed, what is pending rejects. It never rejects; closing again does
   * nothing.
   */
  close(): Promise<void>
}

const MODES: Readonly<Record<NetFileMode, number>> = { r: OREAD, w: OWRITE, rw: ORDWR }
const LONGEST_UNORDERED = 65_560 // the msize that Inferno grants at most; Plan 9's exportfs grants less
const OUTSTANDING = 8

/**
 * Attaches to the network tree that is served over 9P2000 on `conn`, which belongs to the session from then
 * on. The process is kept alive while something waits for an answer, unless its file or connection is
 * unref'd: an idle session keeps nothing. Rejects, `conn` closed, when the server wants another protocol, or
 * a client that authenticates itself and `auth` is absent or fails; with a SessionError or
 * RemoteError of `@net/9p` in all other cases, or with the signal's reason.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { exportNet } from '@net/netfs'
 * import { importNet, plan9 } from '@net/plan9'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const exported = exportNet(kernel, listener)
 *
 * const net = await importNet(await kernel.dialTCP('tcp', null, listener.addr))
 * console.log(await plan9({ net }).lookupPort('tcp', 'https')) // 443
 * await net.close()
 * await exported.close()
 * ```
 */
export async function importNet(conn: Conn, options: ImportOptions = {}): Promise<ImportedNet> {
  const { msize, outstanding, signal } = options
  const client = await Client.connect(conn, { msize, signal })
  try {
    // A server may never answer, not even the flush of what was asked.
    const root = await race(attach(client, options), options)
    const many = outstanding ?? (client.msize > LONGEST_UNORDERED ? OUTSTANDING : 1)
    return new Session(conn, client, root, many)
  } catch (e) {
    await client.close()
    throw e
  }
}

class Session implements ImportedNet {
  readonly root = '/net'
  /** Counts what waits for an answer. */
  readonly liveness: Liveness
  readonly #client: Client
  readonly #root: Fid
  readonly #outstanding: number

  constructor(conn: Conn, client: Client, root: Fid, outstanding: number) {
    this.liveness = new Liveness(conn)
    this.#client = client
    this.#root = root
    this.#outstanding = outstanding
    conn.unref()
  }

  get done(): Promise<void> {
    return this.#client.done
  }

  get error(): SessionError | null {
    return this.#client.error
  }

  get fids(): number {
    return this.#client.fids
  }

  get requests(): number {
    return this.#client.requests
  }

  async open(path: string, mode: NetFileMode, options: NetOpenOptions = {}): Promise<NetFile> {
    const { ref = true } = options
    if (ref) this.liveness.waiting(1)
    let fid: Fid | null = null
    try {
      fid = await this.#root.walk(pathNames(path), options)
      await fid.open(MODES[mode], options)
      return new SessionFile(this.liveness, fid, this.#outstanding, ref)
    } catch (e) {
      fid?.clunk().catch(() => {}) // why it could not be opened is the error to tell
      throw e
    } finally {
      if (ref) this.liveness.waiting(-1)
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

class SessionFile implements NetFile {
  readonly ioSize: number
  readonly outstanding: number
  readonly #session: Liveness
  readonly #liveness: Liveness
  readonly #fid: Fid
  #offset = 0
  readonly #reads: Semaphore
  readonly #writes: Semaphore

  constructor(session: Liveness, fid: Fid, outstanding: number, ref: boolean) {
    this.#session = session
    this.#fid = fid
    this.ioSize = fid.ioSize
    this.outstanding = outstanding
    this.#liveness = new Liveness({ ref: () => session.waiting(1), unref: () => session.waiting(-1) })
    if (!ref) this.#liveness.unref()
    this.#reads = new Semaphore(outstanding)
    this.#writes = new Semaphore(outstanding)
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number> {
    return this.#transfer('read', this.#reads, p, options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return this.#transfer('write', this.#writes, p, options)
  }

  rewind(): void {
    this.#offset = 0
  }

  ref(): void {
    this.#liveness.ref()
  }

  unref(): void {
    this.#liveness.unref()
  }

  async close(): Promise<void> {
    this.#session.waiting(1)
    try {
      await this.#fid.clunk()
    } finally {
      this.#session.waiting(-1)
    }
  }
  async #transfer(
    act: 'read' | 'write',
    turns: Semaphore,
    p: Uint8Array,
    options: IOOptions | undefined,
  ): Promise<number> {
    const turn = turns.enter(options)
    if (turn !== null) await turn
    this.#liveness.waiting(1)
    try {
      const n = await this.#fid[act](p, this.#offset, options)
      this.#offset += n
      return n
    } finally {
      this.#liveness.waiting(-1)
      turns.leave()
    }
  }
}
