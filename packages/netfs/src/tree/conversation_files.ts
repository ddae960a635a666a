import { DONT_TOUCH, type OpenFile, type Stat } from '@net/9p'
import type { IOOptions, NetOpenOptions } from '@net/contract'
import type { Conversation } from '../conversation/conversation.ts'
import { DENIED, fail } from '../base/errors.ts'
import { Directory, Node, qidPath, readText, TextFile, userName } from '../base/node.ts'

/** The kinds of files in a qid, with the kernel's numbers: those of a protocol and of a conversation. */
export const Kind = {
  protocol: 8,
  clone: 9,
  stats: 10,
  conversation: 11,
  ctl: 12,
  data: 13,
  err: 14,
  listen: 15,
  local: 16,
  remote: 17,
  status: 18,
  snoop: 19, // of ipifc
} as const

/** The directory of a conversation. */
export class ConversationDir extends Directory {
  readonly conversation: Conversation

  /** Makes the directory of a conversation in that of its protocol. */
  constructor(conversation: Conversation, parent: Directory) {
    const { index } = conversation.protocol
    super(String(conversation.number), parent, qidPath(index, conversation.number, Kind.conversation))
    this.conversation = conversation
  }

  override entries(): readonly Node[] {
    const c = this.conversation
    const path = (kind: number): bigint => qidPath(c.protocol.index, c.number, kind)
    return [
      this.ctl,
      new DataFile('data', Kind.data, this),
      new DataFile('err', Kind.err, this),
      new DataFile('listen', Kind.listen, this),
      new TextFile('local', this, path(Kind.local), () => c.addressLine('local')),
      new TextFile('remote', this, path(Kind.remote), () => c.addressLine('remote')),
      new TextFile('status', this, path(Kind.status), () => `${c.status()}\n`),
    ]
  }

  /** The file ctl, to which a fid of clone or listen changes when it is opened. */
  get ctl(): ConversationNode {
    return new DataFile('ctl', Kind.ctl, this)
  }
}

/** A file of a conversation that holds it while it is open. */
abstract class ConversationNode extends Node {
  readonly dir: ConversationDir
  readonly kind: number

  constructor(name: string, kind: number, dir: ConversationDir) {
    const { number, protocol } = dir.conversation
    super(name, dir, qidPath(protocol.index, number, kind), 0)
    this.dir = dir
    this.kind = kind
  }

  override get mode(): number {
    return this.dir.conversation.perm
  }

  protected override get owner(): string {
    return this.dir.conversation.owner
  }

  /**
   * Sets the owner and the permissions of the conversation; only ctl and data take that. A length and times are
   * taken without effect, as the kernel takes them, since Linux sends them when it opens and truncates. Nothing
   * else can be changed.
   */
  wstat({ uid, gid, muid, name, mode }: Stat): void {
    const c = this.dir.conversation
    if (this.kind !== Kind.ctl && this.kind !== Kind.data) fail(DENIED)
    if (gid !== '' || muid !== '' || name !== '') fail(DENIED)
    if (uid !== '') c.owner = userName(uid)
    if (mode !== DONT_TOUCH.mode) c.perm = mode & 0o777
  }
}

class DataFile extends ConversationNode {
  override async open(mode: number, options: NetOpenOptions): Promise<OpenFile> {
    this.checkMode(mode)
    const c = this.dir.conversation
    switch (this.kind) {
      case Kind.listen:
        return openCtl(await c.listen(options), this.dir.parent ?? this.dir)
      case Kind.ctl:
        c.hold(this.user)
        return new Ctl(this)
      case Kind.data:
        c.hold(this.user)
        return new Data(this)
      default:
        c.hold(this.user)
        return new Err(this)
    }
  }

  protected override length(): number {
    return this.kind === Kind.data ? this.dir.conversation.queued : 0
  }
}

/**
 * The open ctl of a conversation that the caller holds; closing it lets go. `parent` is the directory of the
 * protocol.
 */
export function openCtl(conversation: Conversation, parent: Directory): OpenFile {
  return new Ctl(new ConversationDir(conversation, parent).ctl)
}

abstract class Held implements OpenFile {
  readonly node: ConversationNode

  constructor(node: ConversationNode) {
    this.node = node
  }

  protected get conversation(): Conversation {
    return this.node.dir.conversation
  }

  async close(): Promise<void> {
    await this.conversation.release()
  }
}

class Ctl extends Held {
  read(p: Uint8Array, offset: number): number {
    return readText(String(this.conversation.number), p, offset)
  }

  async write(p: Uint8Array, _offset: number, options: IOOptions): Promise<number> {
    await this.conversation.control(p, options)
    return p.byteLength
  }
}

/** The open data of a conversation. */
export class Data extends Held {
  #keeps = true

  /** Makes the file of a node whose conversation is held. */
  constructor(node: ConversationNode) {
    super(node)
    this.conversation.keep(1)
  }

  /** Whether what is pending keeps the process alive, as it does at first. */
  keep(on: boolean): void {
    if (this.#keeps === on) return
    this.#keeps = on
    this.conversation.keep(on ? 1 : -1)
  }

  override async close(): Promise<void> {
    this.keep(false)
    await super.close()
  }

  read(p: Uint8Array, _offset: number, options: IOOptions): number | Promise<number> {
    return this.conversation.read(p, options)
  }

  write(p: Uint8Array, _offset: number, options: IOOptions): number | Promise<number> {
    return this.conversation.write(p, options)
  }
}

class Err extends Held {
  async read(p: Uint8Array, _offset: number, options: IOOptions): Promise<number> {
    return readText(await this.conversation.nextError(options), p, 0)
  }
}
