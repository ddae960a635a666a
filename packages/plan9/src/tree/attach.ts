import { type Client, type Fid, RemoteError } from '@net/9p'
import type { IOOptions } from '@net/contract'

/**
 * The file on which a client proves who it is: what is read and written are messages of some protocol, p9any
 * as a rule.
 */
export interface AuthFile {
  /**
   * Reads up to `p.byteLength` bytes of what the server says and gives their number. Rejects with the
   * server's words, or with the signal's reason.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number>
  /**
   * Writes `p` and gives the number of bytes that the server took. Rejects with the server's words, or with
   * the signal's reason.
   */
  write(p: Uint8Array, options?: IOOptions): Promise<number>
}

/** Whom a client attaches as, and to what. */
export interface AuthUser {
  /** The user's name. */
  readonly uname: string
  /** The tree's name; '' for the usual one. */
  readonly aname: string
}

/**
 * Carries out an authentication. It is called only when the server asks for one, and what it throws ends the
 * import. The file is closed afterwards.
 */
export type Authenticate = (file: AuthFile, user: AuthUser) => Promise<void>

/** How to attach: as whom, to what, and how to prove it. */
export interface AttachAs extends IOOptions {
  readonly uname?: string | undefined
  readonly aname?: string | undefined
  readonly auth?: Authenticate | undefined
}

/**
 * Attaches a client to a tree, after an authentication where there is a way to do it and the server asks for
 * it. Rejects, among others, with an error that says so when the server asks for one and there is none.
 */
export async function attach(
  client: Client,
  { uname = 'none', aname = '', auth, signal }: AttachAs,
): Promise<Fid> {
  const who = { uname, aname, signal }
  if (auth === undefined) return await attachUnproved(client, who)
  const afid = await authFid(client, who)
  if (afid === null) return await client.attach(who)
  try {
    await auth(new SequentialFile(afid), { uname, aname })
    return await client.attach({ ...who, auth: afid })
  } finally {
    afid.clunk().catch(() => {}) // the fid has done its work, or the session is over
  }
}

// The file to authenticate on; null where the server wants none, which it says with an error.
async function authFid(client: Client, who: Omit<AttachAs, 'auth'>): Promise<Fid | null> {
  try {
    return await client.auth(who)
  } catch (e) {
    if (e instanceof RemoteError) return null
    throw e
  }
}

async function attachUnproved(client: Client, who: Omit<AttachAs, 'auth'>): Promise<Fid> {
  try {
    return await client.attach(who)
  } catch (e) {
    if (!(e instanceof RemoteError)) throw e
    // Servers refuse in words of their own, so that only asking for authentication shows whether it was
    // missing.
    const afid = await authFid(client, who)
    if (afid === null) throw e
    afid.clunk().catch(() => {}) // the fid was only asked for, and nobody waits for its end
    throw new Error(`the 9P server wants ${who.uname ?? ''} to authenticate: ${e.message}`, { cause: e })
  }
}

class SequentialFile implements AuthFile {
  readonly #fid: Fid
  #offset = 0

  constructor(fid: Fid) {
    this.#fid = fid
  }

  async read(p: Uint8Array, options?: IOOptions): Promise<number> {
    const n = await this.#fid.read(p, this.#offset, options)
    this.#offset += n
    return n
  }

  async write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const n = await this.#fid.write(p, this.#offset, options)
    this.#offset += n
    return n
  }
}
