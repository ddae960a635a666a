import { afterEach, describe, expect, test } from 'vitest'
import {
  decodeStats,
  encodedMessage,
  NOFID,
  NOTAG,
  type OpenFile,
  serve9P,
  type ServeOptions,
  ServerSession,
  type Tree,
} from '../src/index.ts'
import type { Message9P, TreeNode } from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { RawPeer } from './raw_peer.ts'
import { streamPair } from './stream_pair.ts'

interface Rig {
  readonly tree: MemoryTree
  readonly session: ServerSession
  readonly peer: RawPeer
}

const rigs: Rig[] = []

async function rig(options: ServeOptions = {}, tree = new MemoryTree(), msize = 8216): Promise<Rig> {
  const [near, far] = streamPair()
  const made = { tree, session: serve9P(far, tree, options), peer: new RawPeer(near) }
  rigs.push(made)
  expect(await made.peer.ask(version(msize))).toMatchObject({ type: 101, version: '9P2000' })
  expect(await made.peer.ask(attach(1))).toMatchObject({ type: 105, tag: 1 })
  return made
}

afterEach(async () => {
  for (const { tree, session, peer } of rigs.splice(0)) {
    await peer.close()
    await session.done
    expect([session.pending, session.fids, session.openFiles, tree.open]).toEqual([0, 0, 0, 0])
    expect(session.requests).toBe(session.replies + session.dropped)
  }
})

const version = (msize: number, text = '9P2000', tag = NOTAG): Message9P => ({
  type: 100,
  tag,
  msize,
  version: text,
})
const attach = (tag: number, fid = 1): Message9P => ({
  type: 104,
  tag,
  fid,
  afid: NOFID,
  uname: 'u',
  aname: '',
})
const walk = (tag: number, fid: number, newfid: number, ...wname: string[]): Message9P => ({
  type: 110,
  tag,
  fid,
  newfid,
  wname,
})
const open = (tag: number, fid: number, mode = 0): Message9P => ({ type: 112, tag, fid, mode })
const read = (tag: number, fid: number, offset = 0n, count = 8192): Message9P => ({
  type: 116,
  tag,
  fid,
  offset,
  count,
})
const write = (tag: number, fid: number, data: Uint8Array): Message9P => ({
  type: 118,
  tag,
  fid,
  offset: 0n,
  data,
})
const clunk = (tag: number, fid: number): Message9P => ({ type: 120, tag, fid })
const flush = (tag: number, oldtag: number): Message9P => ({ type: 108, tag, oldtag })
const error = (tag: number, ename: string): Message9P => ({ type: 107, tag, ename })

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('Tversion', () => {
  test.each([
    ['9P2000', 8192, '9P2000', 8192],
    ['9P2000', 1 << 20, '9P2000', 65_560],
    ['9P2000', 100, '9P2000', 100],
    ['9P2000.u', 8192, '9P2000', 8192],
    ['9P2000.L', 8192, '9P2000', 8192],
    ['9P2000.foo', 8192, '9P2000', 8192],
    ['9P1999', 8192, 'unknown', 8192],
    ['9P20001', 8192, 'unknown', 8192],
    ['9P', 8192, 'unknown', 8192],
    ['', 8192, 'unknown', 8192],
  ])('serve9P() answers %j with msize %i by %j and %i', async (text, msize, answer, granted) => {
    const [near, far] = streamPair()
    const session = serve9P(far, new MemoryTree(), { msize: 65_560 })
    const peer = new RawPeer(near)
    expect(await peer.ask(version(msize, text))).toEqual({
      type: 101,
      tag: NOTAG,
      msize: granted,
      version: answer,
    })
    expect(session.msize).toBe(answer === 'unknown' ? 65_560 : granted)
    await session.close()
  })

  test('serve9P() refuses an msize that no message fits, and goes on', async () => {
    const { peer } = await rig()
    expect(await peer.ask(version(24))).toEqual(error(NOTAG, 'message size too small'))
    expect(await peer.ask(version(8216))).toMatchObject({ type: 101 })
  })

  test('Tversion with another tag is answered with that tag, as real servers do', async () => {
    const { peer } = await rig()
    expect(await peer.ask(version(8216, '9P2000', 1))).toMatchObject({ type: 101, tag: 1 })
  })

  test('Tversion in mid-session drops what is pending and clunks everything', async () => {
    const { tree, peer, session } = await rig()
    const queue = tree.queue('q')
    const slow = tree.queue('slow', true)
    await peer.send(walk(2, 1, 2, 'q'), walk(3, 1, 3, 'slow'))
    expect([await peer.next(), await peer.next()]).toMatchObject([{ type: 111 }, { type: 111 }])
    await peer.ask(open(4, 2, 2))
    await peer.send(read(5, 2), read(6, 2), open(7, 3))
    await until(() => queue.waiting === 2 && slow.waiting === 1)
    expect(await peer.ask(version(4096))).toMatchObject({ type: 101, msize: 4096 })
    expect([session.fids, session.openFiles, session.pending, tree.open]).toEqual([0, 0, 0, 0])
    queue.put(1)
    slow.put(1)
    expect(await peer.ask(attach(5))).toMatchObject({ type: 105, tag: 5 })
    expect(tree.attached[0]?.session).not.toBe(tree.attached[1]?.session)
  })

  test('Tattach before Tversion is served, as real servers do', async () => {
    const [near, far] = streamPair()
    const session = serve9P(far, new MemoryTree())
    expect(await new RawPeer(near).ask(attach(1))).toMatchObject({ type: 105 })
    await session.close()
  })
})

describe('fids', () => {
  test('a fid in use is refused to Tattach and Twalk', async () => {
    const { peer } = await rig()
    expect(await peer.ask(attach(2))).toEqual(error(2, 'fid in use'))
    expect(await peer.ask(walk(2, 1, 5))).toMatchObject({ type: 111, wqid: [] })
    expect(await peer.ask(walk(2, 1, 5))).toEqual(error(2, 'fid in use'))
    expect(await peer.ask(walk(2, 5, 5))).toMatchObject({ type: 111 })
  })

  test('NOFID can be no fid', async () => {
    const { peer } = await rig()
    expect(await peer.ask(attach(2, NOFID))).toEqual(error(2, 'Bad fid'))
    expect(await peer.ask(walk(2, 1, NOFID))).toEqual(error(2, 'Bad fid'))
  })

  test.each<[string, Message9P]>([
    ['Twalk', walk(2, 77, 78)],
    ['Topen', open(2, 77)],
    ['Tcreate', { type: 114, tag: 2, fid: 77, name: 'x', perm: 0, mode: 0 }],
    ['Tread', read(2, 77)],
    ['Twrite', { type: 118, tag: 2, fid: 77, offset: 0n, data: new Uint8Array(3) }],
    ['Tclunk', clunk(2, 77)],
    ['Tremove', { type: 122, tag: 2, fid: 77 }],
    ['Tstat', { type: 124, tag: 2, fid: 77 }],
  ])('%s of an unknown fid is refused', async (_name, message) => {
    const { peer } = await rig()
    expect(await peer.ask(message)).toEqual(error(2, 'Bad fid'))
  })

  test('a partial walk gives the qids and binds nothing', async () => {
    const { tree, peer } = await rig()
    const d = tree.directory('d')
    expect(await peer.ask(walk(2, 1, 5, 'd', 'x', 'y'))).toEqual({ type: 111, tag: 2, wqid: [d.qid] })
    expect(await peer.ask(clunk(2, 5))).toEqual(error(2, 'Bad fid'))
    expect(await peer.ask(walk(2, 1, 5, 'x', 'd'))).toEqual(error(2, 'file does not exist'))
    expect(await peer.ask(walk(2, 1, 1, 'd', 'x'))).toMatchObject({ wqid: [d.qid] })
    expect(await peer.ask({ type: 124, tag: 2, fid: 1 })).toMatchObject({ stat: { name: '/' } })
  })

  test('a walk up from the root stays there, names that cannot be do not exist', async () => {
    const { tree, peer } = await rig()
    expect(await peer.ask(walk(2, 1, 5, '..', '..'))).toMatchObject({ wqid: [tree.root.qid, tree.root.qid] })
    for (const name of ['.', '', 'a/b']) {
      expect(await peer.ask(walk(2, 1, 6, name))).toEqual(error(2, 'file does not exist'))
    }
  })

  test('a fid is not to be used while it is being bound', async () => {
    let go: () => void = () => {}
    const tree = new MemoryTree()
    const slow: Tree = {
      attach: async (who) => {
        await new Promise<void>((resolve) => {
          go = resolve
        })
        return tree.attach(who)
      },
    }
    const [near, far] = streamPair()
    const session = serve9P(far, slow)
    const peer = new RawPeer(near)
    await peer.send(attach(1), attach(2), clunk(3, 1), walk(4, 1, 2))
    expect([await peer.next(), await peer.next(), await peer.next()]).toEqual([
      error(2, 'fid in use'),
      error(3, 'Bad fid'),
      error(4, 'Bad fid'),
    ])
    go()
    expect(await peer.next()).toMatchObject({ type: 105, tag: 1 })
    await session.close()
  })

  test('Tclunk is answered while a read on the fid is pending, which keeps the file open', async () => {
    const { tree, peer, session } = await rig()
    const queue = tree.queue('q')
    await peer.ask(walk(2, 1, 2, 'q'))
    await peer.ask(open(2, 2))
    await peer.send(read(3, 2))
    await until(() => queue.waiting === 1)
    expect(await peer.ask(clunk(4, 2))).toEqual({ type: 121, tag: 4 })
    expect([tree.open, session.fids]).toEqual([1, 1])
    queue.put(7)
    expect(await peer.next()).toMatchObject({ type: 117, tag: 3, data: Uint8Array.of(7) })
    expect(tree.open).toBe(0)
  })

  test('Tclunk of a fid that is being opened closes it when it is open', async () => {
    const { tree, peer, session } = await rig()
    const queue = tree.queue('q', true)
    await peer.ask(walk(2, 1, 2, 'q'))
    await peer.send(open(3, 2))
    await until(() => queue.waiting === 1)
    expect(await peer.ask(clunk(4, 2))).toEqual({ type: 121, tag: 4 })
    queue.put(1)
    expect(await peer.next()).toEqual(error(3, 'fid was clunked'))
    expect([tree.open, session.openFiles]).toEqual([0, 0])
  })
})

describe('Tread of directories', () => {
  async function directory(count: number): Promise<Rig> {
    const made = await rig()
    for (let i = 0; i < count; i++) made.tree.file(`file${i}`, '')
    await made.peer.ask(open(2, 1))
    return made
  }

  test('entries come whole, and only from where the last read ended', async () => {
    const { peer } = await directory(10)
    const first = await peer.ask(read(2, 1, 0n, 130))
    if (first?.type !== 117) throw new Error('no Rread')
    expect(decodeStats(first.data).map((s) => s.name)).toEqual(['file0', 'file1'])
    const at = BigInt(first.data.length)
    expect(await peer.ask(read(2, 1, at + 1n))).toEqual(error(2, 'seek in directory'))
    expect(await peer.ask(read(2, 1, 1n))).toEqual(error(2, 'seek in directory'))
    const rest = await peer.ask(read(2, 1, at))
    if (rest?.type !== 117) throw new Error('no Rread')
    expect(decodeStats(rest.data)).toHaveLength(8)
    expect(await peer.ask(read(2, 1, at + BigInt(rest.data.length)))).toMatchObject({
      data: new Uint8Array(),
    })
    expect(await peer.ask(read(2, 1, 0n, 130))).toMatchObject({ data: first.data })
  })

  test('a count in which no entry fits is refused', async () => {
    const { peer } = await directory(1)
    expect(await peer.ask(read(2, 1, 0n, 10))).toEqual(error(2, 'i/o count too small'))
    expect(await peer.ask(read(2, 1, 0n, 100))).toMatchObject({ type: 117 })
  })

  test('an empty directory ends at once', async () => {
    const { peer } = await directory(0)
    expect(await peer.ask(read(2, 1))).toMatchObject({ data: new Uint8Array() })
    expect(await peer.ask({ type: 118, tag: 2, fid: 1, offset: 0n, data: new Uint8Array(1) })).toMatchObject({
      ename: 'inappropriate use of fd',
    })
  })
})

describe('Tread and Twrite', () => {
  test('a count is cut to msize - 24; past the end there is nothing', async () => {
    const { tree, peer } = await rig()
    tree.file('f', new Uint8Array(20_000))
    await peer.ask(walk(2, 1, 2, 'f'))
    await peer.ask(open(2, 2))
    const reply = await peer.ask(read(2, 2, 0n, 0xffffffff))
    expect(reply?.type === 117 ? reply.data.length : reply).toBe(8192)
    expect(await peer.ask(read(2, 2, 20_000n))).toMatchObject({ data: new Uint8Array() })
    expect(await peer.ask(read(2, 2, 0xffffffffffffffffn))).toMatchObject({ data: new Uint8Array() })
    expect(await peer.ask(read(2, 2, 0n, 0))).toMatchObject({ data: new Uint8Array() })
  })

  test('the head of a long Twrite may end anywhere in the memory that a pending one holds', async () => {
    const CHUNK = 16384 // bytes that a session receives into at first
    const HEAD = 23 // bytes of a Twrite before its data
    const LONG = 20_000 // bytes of data that are received elsewhere
    for (let end = CHUNK - 80; end <= CHUNK; end++) {
      const { tree, session, peer } = await rig({}, new MemoryTree(), 65536)
      const queue = tree.queue('q')
      tree.file('f', '')
      for (const [fid, name] of ['q', 'f'].entries()) {
        expect(await peer.ask(walk(1, 1, 10 + fid, name))).toMatchObject({ type: 111 })
        expect(await peer.ask(open(1, 10 + fid, 1))).toMatchObject({ type: 113 })
      }
      const held = encodedMessage(write(1, 10, new Uint8Array(end - 2 * HEAD)))
      const long = encodedMessage(write(2, 11, new Uint8Array(LONG)))
      await peer.send(held, long.subarray(0, HEAD))
      await until(() => queue.waiting === 1)
      await peer.send(long.subarray(HEAD))
      expect(await peer.next(), `at ${end}: ${String(session.error)}`).toMatchObject({ tag: 2, count: LONG })
      queue.put(1)
      expect(await peer.next()).toMatchObject({ tag: 1, count: held.length - HEAD })
    }
  })

  test('a tree that counts wrong is an i/o error', async () => {
    const node: TreeNode = {
      qid: { type: 0, version: 0, path: 1n },
      stat: () => tree.root.stat(),
      open: (): OpenFile => ({ node, read: (p) => p.length + 1, write: () => -1 }),
    }
    const tree = new MemoryTree()
    const [near, far] = streamPair()
    const session = serve9P(far, { attach: () => node })
    const peer = new RawPeer(near)
    await peer.ask(attach(1))
    await peer.ask(open(1, 1, 2))
    expect(await peer.ask(read(2, 1))).toEqual(error(2, 'i/o error'))
    expect(await peer.ask({ type: 118, tag: 3, fid: 1, offset: 0n, data: new Uint8Array(2) })).toEqual(
      error(3, 'i/o error'),
    )
    await session.close()
  })
})

describe('Tflush', () => {
  async function waiting(): Promise<Rig & { queue: ReturnType<MemoryTree['queue']> }> {
    const made = await rig()
    const queue = made.tree.queue('q')
    await made.peer.ask(walk(2, 1, 2, 'q'))
    await made.peer.ask(open(2, 2))
    await made.peer.send(read(10, 2))
    await until(() => queue.waiting === 1)
    return { ...made, queue }
  }

  test('Tflush of an unknown tag is answered', async () => {
    const { peer } = await rig()
    expect(await peer.ask(flush(2, 99))).toEqual({ type: 109, tag: 2 })
    expect(await peer.ask(flush(2, 2))).toEqual({ type: 109, tag: 2 })
  })

  test('Tflush ends a pending read, which is answered first', async () => {
    const { peer } = await waiting()
    await peer.send(flush(11, 10))
    expect([await peer.next(), await peer.next()]).toEqual([error(10, 'interrupted'), { type: 109, tag: 11 }])
  })

  test('Tflush of a read that is done already comes after its data', async () => {
    const { peer, queue } = await waiting()
    const sent = peer.send(flush(11, 10))
    queue.put(3)
    await sent
    expect([await peer.next(), await peer.next()]).toMatchObject([
      { type: 117, data: Uint8Array.of(3) },
      { type: 109, tag: 11 },
    ])
  })

  test('several Tflush of one request, and of each other, are answered in order', async () => {
    const { peer, session } = await waiting()
    await peer.send(flush(11, 10), flush(12, 10), flush(13, 11))
    const tags = []
    for (let i = 0; i < 4; i++) tags.push((await peer.next())?.tag)
    expect(tags).toEqual([10, 11, 12, 13])
    expect(session.pending).toBe(0)
  })

  test('a tag is free again after Rflush, and refused before', async () => {
    const { peer, queue } = await waiting()
    expect(await peer.ask(read(10, 2))).toEqual(error(10, 'duplicate tag'))
    await peer.send(flush(11, 10))
    await peer.next()
    await peer.next()
    await peer.send(read(10, 2))
    await until(() => queue.waiting === 1)
    queue.put(4)
    expect(await peer.next()).toMatchObject({ type: 117, tag: 10 })
  })

  test('a flood of Tflush ends the session at twice maxRequests', async () => {
    const tree = new MemoryTree()
    const [near, far] = streamPair()
    const session = serve9P(far, tree, { maxRequests: 10 })
    const peer = new RawPeer(near)
    const queue = tree.queue('q', true)
    await peer.ask(attach(1))
    await peer.ask(walk(1, 1, 2, 'q'))
    // A tree that does not listen to the signal: its open goes on for ever.
    queue.open = () => new Promise<OpenFile>(() => {})
    await peer.send(open(1, 2), ...Array.from({ length: 30 }, (_, i) => flush(i + 2, 1)))
    await session.done
    expect(session.error).toEqual(new Error('too many requests'))
    expect(session.requests).toBe(session.replies + session.dropped)
  })
})

describe('what is no 9P', () => {
  test.each([
    ['a size below the header', '06000000 78 0200'],
    ['a size of 0', '00000000'],
    ['a size above msize', '19200000 78 0200'],
    ['a size of 2^32 - 1', 'ffffffff 78 0200'],
  ])('%s ends the session', async (_what, bytes) => {
    const { peer, session } = await rig()
    await peer.send(bytes)
    await session.done
    expect(session.error).toMatchObject({ name: 'MessageError' })
    expect(await peer.next()).toBeNull()
  })

  test.each([
    ['an unknown type', '07000000 ff 0200', 'unknown message type 255'],
    ['Terror', '07000000 6a 0200', 'unknown message type 106'],
    ['a reply', '07000000 79 0200', 'message of type 121 is no request'],
    ['a short Tclunk', '09000000 78 0200 0100', 'message ends within fid'],
    ['a long Tclunk', '0c000000 78 0200 01000000 00', '1 bytes too many in message'],
    ['a short Tread', '16000000 74 0200 01000000 0000000000000000 000000', 'Tread is not 23 bytes long'],
    [
      'a Twrite with a count too large',
      '18000000 76 0200 01000000 0000000000000000 02000000 61',
      'count and size of Twrite disagree',
    ],
    [
      'a Twrite with a count too small',
      '18000000 76 0200 01000000 0000000000000000 00000000 61',
      'count and size of Twrite disagree',
    ],
    ['a short Twrite', '0b000000 76 0200 01000000', 'count and size of Twrite disagree'],
    [
      '17 names',
      '33000000 6e 0200 01000000 05000000 1100' + '0000'.repeat(17),
      'walk of 17 names, more than 16',
    ],
    ['a bad Tversion', '0b000000 64 0200 00200000', 'message ends within version'],
  ])('%s is answered with Rerror, and the session goes on', async (_what, bytes, ename) => {
    const { peer } = await rig()
    expect(await peer.ask(bytes)).toEqual(error(2, ename))
    expect(await peer.ask({ type: 124, tag: 3, fid: 1 })).toMatchObject({ type: 125 })
  })

  test('a frame that ends with the link ends the session', async () => {
    const tree = new MemoryTree()
    const [near, far] = streamPair()
    const session = serve9P(far, tree)
    await near.write(Uint8Array.of(11, 0, 0, 0, 120))
    near.closeWrite()
    await session.done
    expect(session.error).toMatchObject({
      name: 'MessageError',
      message: 'the link was cut within a message',
    })
  })

  test('a client that has sent its last request still gets the replies', async () => {
    const [near, far] = streamPair()
    const session = serve9P(far, new MemoryTree())
    const peer = new RawPeer(near)
    await peer.send(version(8216), flush(3, 4))
    near.closeWrite()
    expect([await peer.next(), await peer.next(), await peer.next()]).toMatchObject([
      { type: 101 },
      { type: 109 },
      null,
    ])
    await session.done
    expect(session.error).toBeNull()
  })

  test('an error text is cut to ERRMAX and to msize', async () => {
    const tree: Tree = {
      attach: () => {
        throw new Error('é'.repeat(500) + '\0')
      },
    }
    const [near, far] = streamPair()
    const session = serve9P(far, tree)
    const peer = new RawPeer(near)
    expect(await peer.ask(attach(1))).toEqual(error(1, 'é'.repeat(63)))
    await peer.ask(version(100))
    expect(await peer.ask(attach(1))).toEqual(error(1, 'é'.repeat(45)))
    await session.close()
  })

  test('a stat that does not fit msize is an error', async () => {
    const tree = new MemoryTree()
    tree.file('x'.repeat(100), '')
    const { peer } = await rig({ msize: 150 }, tree)
    await peer.ask(walk(2, 1, 2, 'x'.repeat(100)))
    expect(await peer.ask({ type: 124, tag: 3, fid: 2 })).toEqual(
      error(3, 'reply of 161 bytes is longer than msize'),
    )
    expect(await peer.ask(walk(3, 1, 3, ...Array.from({ length: 12 }, () => '..')))).toEqual(
      error(3, 'walk too long for msize'),
    )
  })

  test('a client that does not read holds only itself up', async () => {
    const slow = await rig()
    const other = await rig()
    for (const { tree } of [slow, other]) tree.file('f', new Uint8Array(8192))
    await slow.peer.ask(walk(2, 1, 2, 'f'))
    await slow.peer.ask(open(2, 2))
    const flood = Promise.allSettled(Array.from({ length: 2000 }, (_, i) => slow.peer.send(read(i, 2))))
    await other.peer.ask(walk(2, 1, 2, 'f'))
    expect(await other.peer.ask(open(2, 2))).toMatchObject({ type: 113 })
    expect(await other.peer.ask(read(2, 2))).toMatchObject({ type: 117 })
    await until(() => slow.session.replies > 40)
    for (let i = 0; i < 100; i++) await new Promise<void>((resolve) => setImmediate(resolve))
    expect(slow.session.replies).toBeLessThan(200)
    await slow.peer.close()
    await flood
  })
})

test('serve9P() answers more errors in one turn than a batch of replies holds', async () => {
  const { peer } = await rig()
  const tags = Array.from({ length: 3000 }, (_, i) => i + 1)
  await peer.send(...tags.map((tag): Message9P => ({ type: 120, tag, fid: 99 })))
  const answers: unknown[] = []
  for (let i = 0; i < tags.length; i++) answers.push(await peer.next())
  expect(answers).toEqual(tags.map((tag) => ({ type: 107, tag, ename: 'Bad fid' })))
})
