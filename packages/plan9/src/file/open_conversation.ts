import type { TCPAddr, UDPAddr } from '@net/addr'
import type { IOOptions, NetFile, NetFS, NetOpenOptions } from '@net/contract'
import { plan9AddrOf } from './plan9_addr.ts'
import { bytesOf, textOf } from './query.ts'

const NUMBER_SIZE = 16 // bytes for a conversation's number, more than it has
const ADDRESS_SIZE = 128 // bytes for an address, more than it has

/**
 * A conversation of a network tree: the directory of its files, and its ctl file, which keeps it in being until another of
 * its files is open and {@link release} was called.
 */
export class OpenConversation {
  /** Its directory below the root: 'tcp/7'. */
  readonly dir: string
  readonly #fs: NetFS
  #ctl: NetFile | null
  #told: Promise<unknown> = Promise.resolve() // settles when the tree has answered all messages so far

  private constructor(fs: NetFS, dir: string, ctl: NetFile) {
    this.#fs = fs
    this.dir = dir
    this.#ctl = ctl
  }

  /**
   * Opens a file that becomes the ctl of a new conversation: clone of a protocol, or listen of a
   * conversation. What follows the open is done with the options `then`.
   */
  static async open(
    fs: NetFS,
    path: string,
    options?: NetOpenOptions,
    then: IOOptions | undefined = options,
  ): Promise<OpenConversation> {
    const ctl = await fs.open(path, 'rw', options)
    try {
      const p = new Uint8Array(NUMBER_SIZE)
      const n = await ctl.read(p, then)
      // Some systems pad the number with blanks.
      const number = /^\s*(\d+)/.exec(textOf(p.subarray(0, n)))?.[1]
      if (number === undefined) throw new Error(`${path} gives no number of a conversation`)
      return new OpenConversation(fs, `${path.slice(0, path.indexOf('/'))}/${number}`, ctl)
    } catch (e) {
      leave(ctl)
      throw e
    }
  }

  /** Writes a control message, into its ctl file or, where that was let go, into one that is opened for it. */
  async control(message: string, options?: IOOptions): Promise<void> {
    if (this.#ctl === null) {
      const ctl = await this.file('ctl', 'rw', options)
      await ctl.write(bytesOf(message), options).finally(() => {
        leave(ctl)
      })
      return
    }
    const writing = this.#ctl.write(bytesOf(message), options)
    this.#told = Promise.allSettled([this.#told, writing])
    await writing
  }

  /** Opens one of its files. */
  file(name: string, mode: 'r' | 'rw', options?: NetOpenOptions): Promise<NetFile> {
    return this.#fs.open(`${this.dir}/${name}`, mode, options)
  }

  /** Reads its file local or remote. */
  async address(which: 'local' | 'remote', network: string, options?: IOOptions): Promise<TCPAddr | UDPAddr> {
    const file = await this.file(which, 'r', options)
    try {
      const p = new Uint8Array(ADDRESS_SIZE)
      const n = await file.read(p, options)
      return plan9AddrOf(network, textOf(p.subarray(0, n)))
    } finally {
      leave(file)
    }
  }

  /** Lets go of its ctl file when its messages are answered: another file keeps it in being, and most have no more to tell. */
  release(): void {
    const ctl = this.#ctl
    this.#ctl = null
    if (ctl !== null) void this.#told.then(() => leave(ctl))
  }

  /** Lets go of its ctl file without waiting, when there is something else to tell. */
  drop(): void {
    void this.close().catch(() => {}) // as leave() says
  }

  /** Closes its ctl file where it has one. */
  async close(): Promise<void> {
    const ctl = this.#ctl
    this.#ctl = null
    await ctl?.close()
  }
}

/** Closes a file without waiting for it. */
export function leave(file: NetFile): void {
  file.close().catch(() => {}) // a file that cannot be closed is gone with its session
}

/** A conversation with its data file open and the addresses of its two ends. */
export interface Opened {
  readonly conversation: OpenConversation
  readonly data: NetFile
  readonly local: TCPAddr | UDPAddr
  readonly remote: TCPAddr | UDPAddr
}

/** The addresses of a conversation's ends that are known without its files. */
export type KnownAddresses = Partial<Pick<Opened, 'local' | 'remote'>>

/**
 * Opens the data file of a conversation and reads those of its addresses that are not known, side by side. Lets
 * the conversation go when that fails.
 */
export async function openData(
  conversation: OpenConversation,
  network: string,
  known: KnownAddresses,
  options?: NetOpenOptions,
): Promise<Opened> {
  const data = conversation.file('data', 'rw', options)
  try {
    const [file, local, remote] = await Promise.all([
      data,
      known.local ?? conversation.address('local', network, options),
      known.remote ?? conversation.address('remote', network, options),
    ])
    return { conversation, data: file, local, remote }
  } catch (e) {
    data.then(leave, () => {}) // the first failure of the three is the one to tell
    conversation.drop()
    throw e
  }
}
