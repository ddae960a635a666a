import type { IOOptions } from '@net/contract'
import { endingOf } from '@net/io'
import { NOFID, NOTAG, VERSION9P, VERSION_UNKNOWN } from '../wire/constants.ts'
import { SessionError } from '../wire/errors.ts'
import { Exchange } from './exchange.ts'
import { Fid } from './fid.ts'
import * as m from '../wire/message.ts'
import { checkMsize, DEFAULT_MSIZE, MIN_MSIZE } from '../wire/msize.ts'
import { NumberPool } from '../wire/number_pool.ts'
import type { Stream } from '../wire/stream.ts'

/** Options of {@link Client.connect}. */
export interface ClientOptions extends IOOptions {
  /** The longest message wanted, in bytes; the server may make it shorter. Default {@link DEFAULT_MSIZE}. */
  readonly msize?: number | undefined
}

/** Who attaches, and to what. */
export interface AttachOptions extends IOOptions {
  /** The user's name; default 'none'. */
  readonly uname?: string | undefined
  /** The tree's name; default '', the usual one. */
  readonly aname?: string | undefined
  /** A fid of {@link Client.auth} on which the authentication is done; absent for none. */
  readonly auth?: Fid | undefined
}

/**
 * The client's end of a 9P2000 session over any byte stream. Requests may be outstanding in any number up to
 * 32767 and are answered in any order. Aborting the signal of a request sends Tflush; its promise settles
 * when the server has answered: with `signal.reason` if the request did not happen, with its result if it had
 * happened before the server saw the Tflush, so that no data and no fid get lost on the way. When the stream
 * ends, everything pending rejects with a {@link SessionError}.
 *
 * @example
 * ```ts
 * import { Client, RemoteFile } from '@net/9p'
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { exportNet } from '@net/netfs'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const exported = exportNet(kernel, listener) // a server of 9P2000
 * const client = await Client.connect(await kernel.dialTCP('tcp', null, listener.addr))
 * const root = await client.attach()
 * const directory = await RemoteFile.open(root, '/')
 * const names = (await directory.readDir()).map((stat) => stat.name)
 * console.log(names.includes('tcp')) // true
 * await directory.close()
 * await client.close()
 * await exported.close()
 * ```
 */
export class Client {
  readonly #exchange: Exchange
  #fids = new NumberPool(NOFID)

  private constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  /**
   * Begins a session on `stream`, which is the session's from then on. Rejects, the stream closed, with a
   * {@link SessionError} when the server speaks no 9P2000, and with `signal.reason` when that is aborted
   * first. A stream that ends, fails or breaks the protocol is a {@link SessionError}, an `msize` that makes
   * no sense a RangeError.
   */
  static async connect(stream: Stream, options: ClientOptions = {}): Promise<Client> {
    const { msize = DEFAULT_MSIZE } = options
    checkMsize(msize)
    endingOf(options)?.throwIfOver()
    const exchange = new Exchange(stream, msize)
    const client = new Client(exchange)
    try {
      const message: m.Tversion = { type: m.Tversion, tag: NOTAG, msize, version: VERSION9P }
      const reply = await exchange.version(message, options)
      checkVersion(reply, msize)
      exchange.msize = reply.msize
    } catch (e) {
      await client.close()
      throw e
    }
    return client
  }

  /** The longest message of the session, in bytes. */
  get msize(): number {
    return this.#exchange.msize
  }

  /** Resolves when the session is over and the stream closed, for whatever reason; never rejects. */
  get done(): Promise<void> {
    return this.#exchange.done
  }

  /** Why the session is over; null while it is not. */
  get error(): SessionError | null {
    return this.#exchange.error
  }

  /** How many requests have tags that are not free yet. */
  get requests(): number {
    return this.#exchange.requests
  }

  /** How many fids are bound, or about to be; 0 once the session is over. */
  get fids(): number {
    return this.error === null ? this.#fids.used : 0
  }

  /**
   * Binds a fid to the root of a tree. Rejects with a {@link RemoteError} where the server refuses, with a
   * {@link SessionError} once the session is over, or with the signal's reason.
   */
  async attach(options: AttachOptions = {}): Promise<Fid> {
    const { uname = 'none', aname = '', auth } = options
    const fid = this.#fids.take()
    const afid = auth === undefined ? NOFID : auth.number
    try {
      const message: m.Tattach = { type: m.Tattach, tag: 0, fid, afid, uname, aname }
      const reply = await this.#exchange.call(message, m.Rattach, fid, options)
      return new Fid(this.#exchange, this.#fids, fid, reply.qid)
    } catch (e) {
      this.#fids.give(fid)
      throw e
    }
  }

  /**
   * Asks for the file through which to authenticate: it is open for reading and writing. Servers that want no
   * authentication answer with an error; then attach without. Rejects with a {@link RemoteError} there, with
   * a {@link SessionError} once the session is over, or with the signal's reason.
   */
  async auth(options: AttachOptions = {}): Promise<Fid> {
    const { uname = 'none', aname = '' } = options
    const afid = this.#fids.take()
    try {
      const message: m.Tauth = { type: m.Tauth, tag: 0, afid, uname, aname }
      const reply = await this.#exchange.call(message, m.Rauth, afid, options)
      return new Fid(this.#exchange, this.#fids, afid, reply.aqid, 0)
    } catch (e) {
      this.#fids.give(afid)
      throw e
    }
  }

  /**
   * Ends the session: pending requests reject with a {@link SessionError}. Resolves when the stream is
   * closed. It never rejects; closing again does nothing.
   */
  async close(): Promise<void> {
    this.#exchange.fail(new SessionError('9P session closed'))
    await this.done
  }

  /** Closes the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function checkVersion(reply: m.Rversion, msize: number): void {
  if (reply.version !== VERSION9P) {
    const what = reply.version === VERSION_UNKNOWN ? 'does not speak 9P2000' : `speaks ${reply.version}`
    throw new SessionError(`9P server ${what}`)
  }
  if (reply.msize < MIN_MSIZE || reply.msize > msize) {
    throw new SessionError(`9P server wants an msize of ${reply.msize} bytes where ${msize} were offered`)
  }
}
