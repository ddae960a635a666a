import { afterEach, describe, expect, test } from 'vitest'
import {
  Client,
  type Fid,
  NOFID,
  NOTAG,
  OREAD,
  ORDWR,
  OWRITE,
  QTDIR,
  serve9P,
  ServerSession,
  type OpenFile,
  type Stat,
  type Tree,
  type TreeNode,
} from '../src/index.ts'
import { RawPeer } from './raw_peer.ts'
import { streamPair } from './stream_pair.ts'

/** A tree whose one file gives what was written to it, once something has been. */
class EchoTree implements Tree {
  /** Whether what is written shall come back. */
  answers = true
  /** What was written last. */
  taken = new Uint8Array()
  readonly #waiting: { p: Uint8Array; resolve: (n: number) => void; reject: (e: Error) => void }[] = []

  readonly #root: TreeNode = {
    qid: { type: QTDIR, version: 0, path: 0n },
    stat: () => this.#stat(this.#root),
    open: () => ({ node: this.#root }),
    walk: () => this.#file,
  }

  readonly #file: TreeNode = {
    qid: { type: 0, version: 0, path: 1n },
    stat: () => this.#stat(this.#file),
    open: () => this.#opened,
  }

  readonly #opened: OpenFile = {
    node: this.#file,
    read: (p) => new Promise<number>((resolve, reject) => this.#waiting.push({ p, resolve, reject })),
    write: async (p) => {
      this.taken = p.slice()
      const reader = this.answers ? this.#waiting.shift() : undefined
      reader?.p.set(p)
      reader?.resolve(p.length)
      return p.length
    },
    close: () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('closed'))
    },
  }

  attach(): TreeNode {
    return this.#root
  }

  #stat({ qid }: TreeNode): Stat {
    const who = { uid: 'u', gid: 'u', muid: 'u' }
    return { type: 0, dev: 0, qid, mode: 0o666, atime: 0, mtime: 0, length: 0n, name: 'echo', ...who }
  }
}

interface Rig {
  readonly tree: EchoTree
  readonly session: ServerSession
  readonly client: Client
  readonly file: Fid
  /** How often each end has written. */
  readonly writes: [client: number, server: number]
}

const rigs: Rig[] = []

async function rig(): Promise<Rig> {
  const writes: [number, number] = [0, 0]
  const [near, far] = streamPair({ tap: (from) => writes[from]++ })
  const tree = new EchoTree()
  const session = serve9P(far, tree)
  const client = await Client.connect(near)
  const root = await client.attach()
  const file = await root.walk(['echo'])
  await file.open(ORDWR)
  const made = { tree, session, client, file, writes }
  rigs.push(made)
  return made
}

afterEach(async () => {
  for (const { client, session } of rigs.splice(0)) {
    await client.close()
    await session.done
    expect([session.pending, session.fids, session.openFiles]).toEqual([0, 0, 0])
    expect(session.requests).toBe(session.replies + session.dropped)
  }
})

/** One exchange as a program has it that waits for what comes back. */
async function exchange({ file }: Rig, text: string): Promise<string> {
  const p = new Uint8Array(100)
  const reading = file.read(p)
  const written = file.write(Buffer.from(text))
  const n = await reading
  expect(await written).toBe(text.length)
  return Buffer.from(p.subarray(0, n)).toString()
}

describe('the messages of one turn', () => {
  test('leave in one write, also those of a program that goes on after what came', async () => {
    const made = await rig()
    await exchange(made, 'one')
    const [before] = made.writes
    for (let i = 0; i < 20; i++) expect(await exchange(made, `text ${i}`)).toBe(`text ${i}`)
    expect(made.writes[0] - before).toBe(20)
  })

  test('Rwrite leaves with the data that answer the write', async () => {
    const made = await rig()
    await exchange(made, 'one')
    const before = made.writes[1]
    for (let i = 0; i < 20; i++) expect(await exchange(made, `text ${i}`)).toBe(`text ${i}`)
    expect(made.writes[1] - before).toBe(20)
  })

  test('Rwrite leaves alone where no data follow', async () => {
    const made = await rig()
    for (let i = 0; i < 20; i++) await exchange(made, `text ${i}`)
    made.tree.answers = false
    const reading = made.file.read(new Uint8Array(100))
    for (let i = 0; i < 20; i++) expect(await made.file.write(Buffer.from('no answer'))).toBe(9)
    made.tree.answers = true
    await made.file.write(Buffer.from('answer'))
    expect(await reading).toBe(6)
  })

  test('an Rwrite that waits for data leaves when the client ends the session', async () => {
    const [near, far] = streamPair()
    const tree = new EchoTree()
    const session = serve9P(far, tree)
    const peer = new RawPeer(near)
    await peer.ask({ type: 100, tag: NOTAG, msize: 8216, version: '9P2000' })
    await peer.ask({ type: 104, tag: 1, fid: 1, afid: NOFID, uname: 'u', aname: '' })
    await peer.ask({ type: 110, tag: 1, fid: 1, newfid: 2, wname: ['echo'] })
    await peer.ask({ type: 112, tag: 1, fid: 2, mode: ORDWR })
    const data = new Uint8Array([1, 2, 3])
    const write = { type: 118, tag: 2, fid: 2, offset: 0n, data } as const
    const read = { type: 116, tag: 3, fid: 2, offset: 0n, count: 100 } as const
    for (let i = 0; i < 5; i++) {
      await peer.send(read, write)
      const types = [await peer.next(), await peer.next()].map((x) => x?.type)
      expect(types.sort()).toEqual([117, 119])
    }
    tree.answers = false
    await peer.send(read, write)
    near.closeWrite()
    expect(await peer.next()).toEqual({ type: 119, tag: 2, count: 3 })
    expect(await peer.next()).toBe(null)
    await session.done
  })
})

describe('a long write', () => {
  test.each([1, 22, 23, 24, 63, 64, 65, 4096, Infinity])(
    'that comes %s bytes at a time is taken as it was sent',
    async (most) => {
      const [near, far] = streamPair({ piece: () => most })
      const tree = new EchoTree()
      const session = serve9P(far, tree)
      const client = await Client.connect(near)
      const file = await (await client.attach()).walk(['echo'])
      await file.open(OWRITE)
      const data = new Uint8Array(most < 64 ? 20_000 : 200_000).map((_, i) => i * 7)
      expect(await file.write(data)).toBe(data.length)
      expect(Buffer.compare(tree.taken, data)).toBe(0)
      expect(await file.write(data.subarray(5))).toBe(data.length - 5)
      expect(Buffer.compare(tree.taken, data.subarray(5))).toBe(0)
      await client.close()
      await session.done
    },
  )

  test('whose count lies, or whose fid is none, is refused and the session goes on', async () => {
    const [near, far] = streamPair()
    const session = serve9P(far, new EchoTree())
    const peer = new RawPeer(near)
    await peer.ask({ type: 100, tag: NOTAG, msize: 1 << 17, version: '9P2000' })
    await peer.ask({ type: 104, tag: 1, fid: 1, afid: NOFID, uname: 'u', aname: '' })
    await peer.ask({ type: 110, tag: 1, fid: 1, newfid: 2, wname: ['echo'] })
    await peer.ask({ type: 112, tag: 1, fid: 2, mode: OWRITE })
    const frame = Buffer.alloc(100_000)
    frame.writeUInt32LE(frame.length)
    frame.writeUInt8(118, 4)
    frame.writeUInt16LE(7, 5)
    frame.writeUInt32LE(2, 7)
    frame.writeUInt32LE(frame.length - 24, 19)
    expect(await peer.ask(frame)).toEqual({
      type: 107,
      tag: 7,
      ename: 'count and size of Twrite disagree',
    })
    frame.writeUInt32LE(frame.length - 23, 19)
    frame.writeUInt32LE(9, 7)
    expect(await peer.ask(frame)).toEqual({ type: 107, tag: 7, ename: 'Bad fid' })
    frame.writeUInt32LE(2, 7)
    expect(await peer.ask(frame)).toEqual({ type: 119, tag: 7, count: frame.length - 23 })
    expect(await peer.ask({ type: 112, tag: 8, fid: 1, mode: OREAD })).toMatchObject({ type: 113 })
    await peer.close()
    await session.done
  })

  test('that the end of the stream cuts off ends the session', async () => {
    const [near, far] = streamPair()
    const session = serve9P(far, new EchoTree())
    const peer = new RawPeer(near)
    await peer.ask({ type: 100, tag: NOTAG, msize: 1 << 17, version: '9P2000' })
    const head = Buffer.alloc(40_000)
    head.writeUInt32LE(100_000)
    head.writeUInt8(118, 4)
    await peer.send(head)
    near.closeWrite()
    await session.done
    expect(session.error).toMatchObject({ message: 'the link was cut within a message' })
    await peer.close()
  })

  test('many requests that come in one write and are answered at once let the event loop turn between', async () => {
    const [near, far] = streamPair()
    const session = serve9P(far, new EchoTree())
    const peer = new RawPeer(near)
    await peer.ask({ type: 100, tag: NOTAG, msize: 1 << 17, version: '9P2000' })
    const many = 20_000
    const clunks = Buffer.alloc(11 * many)
    for (let i = 0; i < many; i++) {
      clunks.writeUInt32LE(11, 11 * i)
      clunks.writeUInt8(120, 11 * i + 4)
      clunks.writeUInt16LE(i, 11 * i + 5)
      clunks.writeUInt32LE(77, 11 * i + 7) // a fid that nobody has
    }
    let turns = 0
    let immediate = setImmediate(function count() {
      turns++
      immediate = setImmediate(count)
    })
    const before = turns
    await peer.send(clunks)
    for (let i = 0; i < many; i++) {
      // What comes back is read as it comes, whole, since the server waits for a client that does not read.
      expect(await peer.next()).toMatchObject({ type: 107, ename: 'Bad fid' })
    }
    clearImmediate(immediate)
    expect(turns - before).toBeGreaterThan(5)
    await peer.close()
    await session.done
  })
})
