import type { IOOptions } from '@net/contract'
import type { Qid } from './qid.ts'
import type { Stat } from './stat.ts'

/** A value now, or later. Trees that have it at hand spare the server a promise. */
export type Awaitable<T> = T | Promise<T>

/** Who attaches, to what, and for which session. */
export interface Attach {
  /** The user's name, as the client says; nobody has checked it unless `auth` is there. */
  readonly uname: string
  /** The tree's name; '' for the usual one. */
  readonly aname: string
  /** What {@link Tree.auth} gave for this client; null when it did not ask for authentication. */
  readonly auth: OpenFile | null
  /**
   * The same object for all that one client attaches until it ends its session: a key for what the session
   * owns.
   */
  readonly session: object
}

/**
 * A tree of files to serve. Whatever its methods throw goes to the client as Rerror with the error's message.
 * The `signal` of the options is aborted when the client flushes the request or the session ends; the method
 * should then settle soon: with its result if the thing has happened, else with any error. `signal` is made
 * on first use.
 */
export interface Tree {
  /** Gives the root for a client, or throws when it may not attach. */
  attach(who: Attach, options: IOOptions): Awaitable<TreeNode>
  /**
   * Gives the file on which a client authenticates. Absent: the server wants no authentication and says so.
   */
  auth?(uname: string, aname: string, options: IOOptions): Awaitable<OpenFile>
}

/**
 * A file as a place in the tree. Fids refer to it; it may be shared by any number of them and is not told
 * when they go: what costs something begins with {@link open}.
 */
export interface TreeNode {
  /** Its identity; type QTDIR makes it a directory. */
  readonly qid: Qid
  /**
   * Gives what a directory has under a name, its parent for '..' (the root is its own). Absent: it is no
   * directory.
   */
  walk?(name: string, options: IOOptions): Awaitable<TreeNode>
  /**
   * Opens it, in a mode of open(5) which the tree checks; may take until something happens elsewhere. The
   * result may be a file of another node, as with `clone`.
   */
  open(mode: number, options: IOOptions): Awaitable<OpenFile>
  /** Makes a file in this directory and opens it. Absent: "permission denied". */
  create?(name: string, perm: number, mode: number, options: IOOptions): Awaitable<OpenFile>
  /** Tells about it. */
  stat(options: IOOptions): Awaitable<Stat>
  /** Changes what stat tells, all of it or nothing; see {@link DONT_TOUCH}. Absent: "permission denied". */
  wstat?(stat: Stat, options: IOOptions): Awaitable<void>
  /** Removes it. Absent: "permission denied". */
  remove?(options: IOOptions): Awaitable<void>
}

/**
 * An open file, which belongs to one fid. Calls come in the order of the client's requests and may overlap.
 */
export interface OpenFile {
  /** What the fid refers to from now on. */
  readonly node: TreeNode
  /** The most bytes to transfer in one piece; 0 or absent: what a message holds. */
  readonly iounit?: number | undefined
  /**
   * Reads up to `p.byteLength` bytes at `offset` into `p` and gives how many; 0 is the end. `p` is the reply
   * itself: it must not be touched after the result is there. Absent: the file can't be read. Not called for
   * directories.
   */
  read?(p: Uint8Array, offset: number, options: IOOptions): Awaitable<number>
  /**
   * Writes `p` at `offset` and gives how many bytes it took. `p` is the request itself: it must not be
   * touched after the result is there. Absent: the file can't be written.
   */
  write?(p: Uint8Array, offset: number, options: IOOptions): Awaitable<number>
  /** Gives what is in a directory, each time it is read from the start. Absent: an empty directory. */
  list?(options: IOOptions): Awaitable<readonly Stat[]>
  /**
   * Called once, when the fid is clunked and nothing is pending on it, or when the session ends, whatever is
   * pending then. Absent: nothing to do.
   */
  close?(): Awaitable<void>
}
