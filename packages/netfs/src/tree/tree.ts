import { type Attach, OTRUNC, type Tree, type TreeNode } from '@net/9p'
import type { Conversation } from '../conversation/conversation.ts'
import { ConversationDir, Kind, openCtl } from './conversation_files.ts'
import { controlWords } from '../base/control_message.ts'
import { answerCS } from './cs.ts'
import { answerDNS } from './dns.ts'
import { DENIED, fail } from '../base/errors.ts'
import type { Ifc } from '../base/interfaces.ts'
import { ifcLocal, ifcStatus, routes, selfTable } from '../base/ipifc.ts'
import {
  Directory,
  type Node,
  qidPath,
  readBytes,
  readText,
  SpecialFile,
  TextFile,
  userName,
} from '../base/node.ts'
import type { Protocol } from '../conversation/protocol.ts'
import { openLog } from './log.ts'
import { QueryFile } from './query_file.ts'
import type { Session } from '../conversation/session.ts'

// The paths of the files at the root are the kernel's, but for cs and dns, which other programs serve there.
const Root = { dir: 1, arp: 2, bootp: 3, ndb: 4, iproute: 5, ipselftab: 6, log: 7, cs: 20, dns: 21 } as const
const IPIFC = 3 // the protocol's part of a qid
const ETHER = 4

/** The tree of a session: the same files whether they are reached by 9P or by calls. */
export class NetTree implements Tree {
  readonly #session: Session
  readonly #attached: () => void
  #root: RootDir | null = null

  /** Makes the tree of a session. `attached` is called when a client attaches. */
  constructor(session: Session, attached: () => void = () => {}) {
    this.#session = session
    this.#attached = attached
  }

  /** The root, for a user whose name its conversations bear. */
  root(user: string): Directory {
    const name = userName(user)
    if (this.#root?.user !== name) this.#root = new RootDir(this.#session, name)
    return this.#root
  }

  /** Gives the root to every client: whether it may connect was decided when it was accepted. */
  attach({ uname }: Pick<Attach, 'uname'>): TreeNode {
    this.#attached()
    return this.root(uname)
  }
}

/** The first words that a table of the stack takes, and its error for others. */
interface TableWords {
  readonly verbs: readonly string[]
  readonly other: string
}

const routeWords: TableWords = {
  verbs: ['flush', 'remove', 'add', 'tag', 'route', 'del'],
  other: 'bad cmd: want flush/remove/add/tag',
}

// Makes the file of a table that no client may change, as only the owner of a machine may.
function table(
  name: 'arp' | 'iproute',
  parent: Directory,
  { verbs, other }: TableWords,
  text: () => string | Promise<string>,
): SpecialFile {
  return new SpecialFile(name, parent, BigInt(Root[name]), 0o664, (node) => ({
    node,
    read: async (p, offset) => readText(await text(), p, offset),
    write: (p) => fail(verbs.includes(controlWords(p)[0] ?? '') ? DENIED : other),
  }))
}

class RootDir extends Directory {
  readonly #session: Session
  readonly #files: readonly Node[]

  readonly #user: string

  constructor(session: Session, user: string) {
    super('/', null, BigInt(Root.dir))
    this.#session = session
    this.#user = user
    this.#files = [
      new ProtocolDir(session.tcp, this),
      new ProtocolDir(session.udp, this),
      new IpifcDir(session, this),
      table('arp', this, { verbs: ['add', 'del', 'flush'], other: 'bad arp' }, () => ''),
      new SpecialFile('bootp', this, BigInt(Root.bootp), 0o666, (node) => ({ node, read: () => 0 })),
      new NdbFile(session, this),
      table('iproute', this, routeWords, async () => routes(await session.interfaces())),
      new TextFile('ipselftab', this, BigInt(Root.ipselftab), async () =>
        selfTable(await session.interfaces()),
      ),
      new SpecialFile('log', this, BigInt(Root.log), 0o666, (node) => openLog(node, session)),
      new SpecialFile('cs', this, BigInt(Root.cs), 0o666, (node) => {
        return new QueryFile(node, 'cs', session, (query, _offset, options) => {
          return session.peer.lookups.run('cs', options, () => answerCS(session, query, options))
        })
      }),
      new SpecialFile('dns', this, BigInt(Root.dns), 0o666, (node) => {
        return new QueryFile(node, 'dns', session, (query, at, options) => {
          return session.peer.lookups.run('dns', options, () => answerDNS(session, query, at, options))
        })
      }),
    ]
  }

  override get user(): string {
    return this.#user
  }

  override async entries(): Promise<readonly Node[]> {
    return [...this.#files, ...(await this.#ethers())]
  }

  protected override async find(name: string): Promise<Node | undefined> {
    return this.#files.find((file) => file.name === name) ?? (await super.find(name))
  }

  async #ethers(): Promise<Node[]> {
    const ifcs = await this.#session.interfaces()
    return ifcs.filter((ifc) => ifc.hardwareAddr !== null).map((ifc, n) => new EtherDir(ifc, n, this))
  }
}

class ProtocolDir extends Directory {
  readonly #protocol: Protocol<Conversation>

  constructor(protocol: Protocol<Conversation>, parent: Directory) {
    super(protocol.name, parent, qidPath(protocol.index, 0, Kind.protocol))
    this.#protocol = protocol
  }

  override entries(): readonly Node[] {
    return [...this.#protocol.conversations.map((c) => new ConversationDir(c, this)), ...this.#files()]
  }

  protected override async find(name: string): Promise<Node | undefined> {
    const conversation = this.#protocol.find(name)
    if (conversation !== undefined) return new ConversationDir(conversation, this)
    return this.#files().find((file) => file.name === name)
  }

  #files(): Node[] {
    const protocol = this.#protocol
    const path = (kind: number): bigint => qidPath(protocol.index, 0, kind)
    return [
      new SpecialFile('clone', this, path(Kind.clone), 0o666, () => openCtl(protocol.clone(this.user), this)),
      new TextFile('stats', this, path(Kind.stats), () => protocol.stats()),
    ]
  }
}

class IpifcDir extends Directory {
  readonly #session: Session

  constructor(session: Session, parent: Directory) {
    super('ipifc', parent, qidPath(IPIFC, 0, Kind.protocol))
    this.#session = session
  }

  override async entries(): Promise<readonly Node[]> {
    const ifcs = await this.#session.interfaces()
    const clone = qidPath(IPIFC, 0, Kind.clone)
    return [
      ...ifcs.map((ifc, n) => new IfcDir(ifc, n, this)),
      // No client may give the machine another interface.
      new SpecialFile('clone', this, clone, 0o666, () => fail(DENIED)),
      new TextFile('stats', this, qidPath(IPIFC, 0, Kind.stats), () => ''),
    ]
  }
}

class IfcDir extends Directory {
  readonly #ifc: Ifc
  readonly #number: number

  constructor(ifc: Ifc, number: number, parent: Directory) {
    super(String(number), parent, qidPath(IPIFC, number, Kind.conversation))
    this.#ifc = ifc
    this.#number = number
  }

  override entries(): readonly Node[] {
    const path = (kind: number): bigint => qidPath(IPIFC, this.#number, kind)
    const ifc = this.#ifc
    const number = String(this.#number)
    // No client may see the packets of an interface.
    const closed = (name: 'data' | 'err' | 'listen' | 'snoop', mode: number): SpecialFile =>
      new SpecialFile(name, this, path(Kind[name]), mode, () => fail(DENIED))
    return [
      new SpecialFile('ctl', this, path(Kind.ctl), 0o660, (node) => ({
        node,
        read: (p, offset) => readText(number, p, offset),
        write: () => fail(DENIED),
      })),
      closed('data', 0o660),
      closed('err', 0o660),
      closed('listen', 0o660),
      new TextFile('local', this, path(Kind.local), () => ifcLocal(ifc)),
      new TextFile('remote', this, path(Kind.remote), () => '::!0\n'),
      new TextFile('status', this, path(Kind.status), () => ifcStatus(ifc)),
      closed('snoop', 0o400),
    ]
  }
}

class EtherDir extends Directory {
  readonly #ifc: Ifc
  readonly #number: number

  constructor(ifc: Ifc, number: number, parent: Directory) {
    super(`ether${number}`, parent, qidPath(ETHER, number, Kind.conversation))
    this.#ifc = ifc
    this.#number = number
  }

  override entries(): readonly Node[] {
    const addr = this.#ifc.hardwareAddr?.toString().replaceAll(':', '') ?? ''
    return [new TextFile('addr', this, qidPath(ETHER, this.#number, Kind.local), () => addr)]
  }
}

class NdbFile extends SpecialFile {
  readonly #session: Session

  constructor(session: Session, parent: Directory) {
    super('ndb', parent, BigInt(Root.ndb), 0o666, (node, mode) => {
      if ((mode & OTRUNC) !== 0) session.ndb.truncate()
      return {
        node,
        read: async (p, offset) => readBytes(await session.ndb.bytes(), p, offset),
        write: async (p, offset) => session.ndb.write(p, offset),
      }
    })
    this.#session = session
  }

  protected override get version(): number {
    return this.#session.ndb.version
  }

  protected override async length(): Promise<number> {
    return (await this.#session.ndb.bytes()).byteLength
  }
}
