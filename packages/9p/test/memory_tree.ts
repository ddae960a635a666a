import type { IOOptions } from '@net/contract'
import { type Attach, DMDIR, DONT_TOUCH, OTRUNC } from '../src/index.ts'
import type { OpenFile, Qid, Stat, Tree, TreeNode } from '../src/index.ts'

let paths = 1n

/** What all nodes of a memory tree have. */
abstract class Node implements TreeNode {
  readonly qid: Qid
  parent: Directory | null = null
  name: string
  mode: number

  constructor(name: string, mode: number) {
    this.name = name
    this.mode = mode
    this.qid = { type: mode >>> 24, version: 0, path: paths++ }
  }

  get length(): number {
    return 0
  }

  abstract open(mode: number, options: IOOptions): OpenFile | Promise<OpenFile>

  stat(): Stat {
    const { qid, mode, name } = this
    const length = BigInt(this.length)
    return { type: 0, dev: 0, qid, mode, atime: 1, mtime: 2, length, name, uid: 'u', gid: 'g', muid: 'm' }
  }

  wstat(stat: Stat): void {
    if (stat.length !== DONT_TOUCH.length) throw new Error('permission denied')
    if (stat.mode !== DONT_TOUCH.mode) this.mode = stat.mode
    if (stat.name !== '') {
      this.parent?.rename(this, stat.name)
    }
  }

  remove(): void {
    if (this.parent === null) throw new Error('permission denied')
    this.parent.drop(this)
  }
}

/** A directory. */
export class Directory extends Node {
  readonly #tree: MemoryTree
  readonly #children = new Map<string, Node>()

  constructor(tree: MemoryTree, name: string) {
    super(name, DMDIR + 0o755)
    this.#tree = tree
  }

  walk(name: string): Node {
    if (name === '..') return this.parent ?? this
    const child = this.#children.get(name)
    if (child === undefined) throw new Error('file does not exist')
    return child
  }

  open(): OpenFile {
    return this.#tree.opened({ node: this, list: () => [...this.#children.values()].map((c) => c.stat()) })
  }

  create(name: string, perm: number, mode: number): OpenFile {
    if (this.#children.has(name)) throw new Error('file already exists')
    const directory = (perm & DMDIR) !== 0
    const node = directory
      ? new Directory(this.#tree, name)
      : new MemoryFile(this.#tree, name, new Uint8Array())
    this.add(node)
    return node.open(mode)
  }

  add<N extends Node>(node: N): N {
    node.parent = this
    this.#children.set(node.name, node)
    return node
  }

  rename(node: Node, name: string): void {
    this.#children.delete(node.name)
    node.name = name
    this.#children.set(name, node)
  }

  drop(node: Node): void {
    this.#children.delete(node.name)
  }
}

/** A file of bytes. */
export class MemoryFile extends Node {
  bytes: Uint8Array
  readonly #tree: MemoryTree
  readonly #iounit: number

  constructor(tree: MemoryTree, name: string, bytes: Uint8Array, iounit = 0) {
    super(name, 0o644)
    this.#tree = tree
    this.bytes = bytes
    this.#iounit = iounit
  }

  override get length(): number {
    return this.bytes.length
  }

  open(mode: number): OpenFile {
    if ((mode & OTRUNC) !== 0) this.bytes = new Uint8Array()
    return this.#tree.opened({
      node: this,
      iounit: this.#iounit,
      read: (p, offset) => {
        const part = this.bytes.subarray(offset, offset + p.length)
        p.set(part)
        return part.length
      },
      write: (p, offset) => {
        const bytes = new Uint8Array(Math.max(this.bytes.length, offset + p.length))
        bytes.set(this.bytes)
        bytes.set(p, offset)
        this.bytes = bytes
        return p.length
      },
    })
  }
}

/** A queue of bytes: reads of it wait until there are some, as those of /net/tcp/0/data do; so does its open if `slow`. */
export class Queue extends Node {
  readonly #tree: MemoryTree
  readonly #slow: boolean
  #bytes: number[] = []
  #waiting = new Set<() => void>()

  constructor(tree: MemoryTree, name: string, slow = false) {
    super(name, 0o666)
    this.#tree = tree
    this.#slow = slow
  }

  /** How many operations wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  put(...bytes: number[]): void {
    this.#bytes.push(...bytes)
    for (const wake of [...this.#waiting]) wake()
  }

  async open(_mode: number, options: IOOptions): Promise<OpenFile> {
    if (this.#slow) await this.#wait(options)
    return this.#tree.opened({
      node: this,
      read: async (p, _offset, o) => {
        await this.#wait(o)
        const part = this.#bytes.splice(0, p.length)
        p.set(part)
        return part.length
      },
      write: async (p, _offset, o) => {
        const { length } = p
        const copy = [...p]
        await this.#wait(o)
        // The bytes lent must not have changed while the write was waiting.
        if (copy.some((x, i) => p[i] !== x)) throw new Error('bytes changed')
        return length
      },
    })
  }

  async #wait({ signal }: IOOptions): Promise<void> {
    while (this.#bytes.length === 0) {
      await new Promise<void>((resolve, reject) => {
        const end = (): void => {
          this.#waiting.delete(wake)
          signal?.removeEventListener('abort', abort)
        }
        const wake = (): void => {
          end()
          resolve()
        }
        const abort = (): void => {
          end()
          reject(new Error('aborted'))
        }
        if (signal?.aborted) reject(new Error('aborted'))
        else {
          this.#waiting.add(wake)
          signal?.addEventListener('abort', abort)
        }
      })
    }
  }
}

/** A tree in memory that counts what is open. */
export class MemoryTree implements Tree {
  readonly root: Directory = new Directory(this, '/')
  /** The files open now. */
  open = 0
  /** Who attached, in order. */
  readonly attached: Attach[] = []

  attach(who: Attach): TreeNode {
    if (who.aname === 'forbidden') throw new Error('permission denied')
    this.attached.push(who)
    return this.root
  }

  /** Counts an open file until it is closed. */
  opened(file: OpenFile): OpenFile {
    this.open++
    let closed = false
    return {
      ...file,
      close: () => {
        if (closed) throw new Error('closed twice')
        closed = true
        this.open--
      },
    }
  }

  file(name: string, text: string | Uint8Array, iounit = 0): MemoryFile {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    return this.root.add(new MemoryFile(this, name, bytes, iounit))
  }

  directory(name: string, parent: Directory = this.root): Directory {
    return parent.add(new Directory(this, name))
  }

  queue(name: string, slow = false): Queue {
    return this.root.add(new Queue(this, name, slow))
  }
}
