import {
  DMDIR,
  OEXEC,
  type OpenFile,
  OREAD,
  ORCLOSE,
  type Qid,
  QTDIR,
  QTFILE,
  type Stat,
  type TreeNode,
} from '@net/9p'
import type { NetOpenOptions } from '@net/contract'
import { DENIED, fail, NOT_EXIST } from './errors.ts'

/** The owner of files that nobody has opened, and the group of all files. */
export const OWNER = 'network'
const MAX_NAME = 64 // characters of a user's name

/** A user's name, cut so that no client can fill memory with names. */
export function userName(name: string): string {
  // The name is copied, since a part of a text keeps all of the text in memory.
  return Buffer.from(name.slice(0, MAX_NAME)).toString()
}

const IP_DEVICE = 73 // 'I', the letter of the kernel's ip(3)
// The bits of a qid's path at which the protocol and the conversation begin; the kind of file is below them.
const PROTOCOL_SHIFT = 17
const CONVERSATION_SHIFT = 5

/** The path of a qid, laid out as the kernel's is. */
export function qidPath(protocol: number, conversation: number, kind: number): bigint {
  return BigInt((protocol << PROTOCOL_SHIFT) | (conversation << CONVERSATION_SHIFT) | kind)
}

/** A file or directory of the tree. */
export abstract class Node implements TreeNode {
  readonly name: string
  /** The directory it is in; null for the root. */
  readonly parent: Directory | null
  readonly #mode: number
  readonly #path: bigint

  /** Makes a node. */
  protected constructor(name: string, parent: Directory | null, path: bigint, mode: number) {
    this.name = name
    this.parent = parent
    this.#mode = mode
    this.#path = path
  }

  /** Its permissions, and DMDIR. */
  get mode(): number {
    return this.#mode
  }

  /** Who uses the tree. */
  get user(): string {
    return this.parent?.user ?? OWNER
  }

  /** Its identity. */
  get qid(): Qid {
    const type = (this.mode & DMDIR) === 0 ? QTFILE : QTDIR
    return { type, version: this.version, path: this.#path }
  }

  /** Opens it. */
  abstract open(mode: number, options: NetOpenOptions): OpenFile | Promise<OpenFile>

  /** Gives what stat(5) tells of it. */
  async stat(): Promise<Stat> {
    const { qid, mode, name } = this
    const length = BigInt(await this.length())
    const id = { uid: this.owner, gid: OWNER, muid: this.owner }
    const times = { atime: started, mtime: started }
    return { type: IP_DEVICE, dev: 0, qid, mode: mode >>> 0, ...times, length, name, ...id }
  }

  /** Throws "permission denied" for a mode of open(5) that its permissions do not have. */
  checkMode(mode: number): void {
    const access = mode & OEXEC
    const read = access !== 1
    const write = access === 1 || access === 2 || (mode & 0x10) !== 0
    const bits = this.mode >> 6
    if (access === OEXEC || (mode & ORCLOSE) !== 0) fail(DENIED)
    if ((read && (bits & 4) === 0) || (write && (bits & 2) === 0)) fail(DENIED)
  }

  /** Who owns it. */
  protected get owner(): string {
    return OWNER
  }

  /** How often it was changed. */
  protected get version(): number {
    return 0
  }

  /** Its length in bytes, as stat tells it. */
  protected length(): number | Promise<number> {
    return 0
  }
}

const started = Math.floor(Date.now() / 1000)

/** A directory. Its entries are made anew each time somebody looks. */
export abstract class Directory extends Node {
  /** Makes a directory. */
  protected constructor(name: string, parent: Directory | null, path: bigint) {
    super(name, parent, path, DMDIR | 0o555)
  }

  /** Gives the node with a name, its parent for '..'. */
  async walk(name: string): Promise<Node> {
    if (name === '..') return this.parent ?? this
    return (await this.find(name)) ?? fail(NOT_EXIST)
  }

  override open(mode: number): OpenFile {
    if (mode !== OREAD && mode !== OEXEC) fail(DENIED)
    return { node: this, list: async () => Promise.all((await this.entries()).map((node) => node.stat())) }
  }

  /** The nodes in it. */
  abstract entries(): readonly Node[] | Promise<readonly Node[]>

  /** The node in it with a name; undefined when there is none. */
  protected async find(name: string): Promise<Node | undefined> {
    return (await this.entries()).find((node) => node.name === name)
  }
}

/** A file that can only be read, and whose text is made when it is read. */
export class TextFile extends Node {
  readonly #text: () => string | Promise<string>

  /** Makes a file whose text `text` gives. */
  constructor(name: string, parent: Directory, path: bigint, text: () => string | Promise<string>) {
    super(name, parent, path, 0o444)
    this.#text = text
  }

  override open(mode: number): OpenFile {
    this.checkMode(mode)
    return {
      node: this,
      read: async (p, offset) => readText(await this.#text(), p, offset),
    }
  }
}

/** A file whose maker says what opening it gives. */
export class SpecialFile extends Node {
  readonly #open: (node: SpecialFile, mode: number, options: NetOpenOptions) => OpenFile | Promise<OpenFile>

  /** Makes a file that `open` opens. */
  constructor(
    name: string,
    parent: Directory,
    path: bigint,
    mode: number,
    open: (node: SpecialFile, mode: number, options: NetOpenOptions) => OpenFile | Promise<OpenFile>,
  ) {
    super(name, parent, path, mode)
    this.#open = open
  }

  override open(mode: number, options: NetOpenOptions): OpenFile | Promise<OpenFile> {
    this.checkMode(mode)
    return this.#open(this, mode, options)
  }
}

const utf8 = new TextEncoder()

/** Puts the part of a text at an offset into `p` and gives its length. */
export function readText(text: string, p: Uint8Array, offset: number): number {
  return readBytes(utf8.encode(text), p, offset)
}

/** Puts the part of the bytes at an offset into `p` and gives its length. */
export function readBytes(bytes: Uint8Array, p: Uint8Array, offset: number): number {
  const part = bytes.subarray(offset, offset + p.byteLength)
  p.set(part)
  return part.byteLength
}
