import { afterEach, describe, expect, test } from 'vitest'
import {
  Client,
  DMDIR,
  DONT_TOUCH,
  type Fid,
  ORCLOSE,
  ORDWR,
  OREAD,
  OTRUNC,
  OWRITE,
  QTDIR,
  RemoteError,
  RemoteFile,
  serve9P,
  type ServeOptions,
  ServerSession,
  SessionError,
} from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { type PairOptions, streamPair } from './stream_pair.ts'

interface Rig {
  readonly tree: MemoryTree
  readonly session: ServerSession
  readonly client: Client
  readonly root: Fid
}

const rigs: Rig[] = []

async function rig(options: ServeOptions & PairOptions & { ask?: number } = {}): Promise<Rig> {
  const tree = new MemoryTree()
  const [near, far] = streamPair(options)
  const session = serve9P(far, tree, options)
  const client = await Client.connect(near, options.ask === undefined ? {} : { msize: options.ask })
  const made = { tree, session, client, root: await client.attach({ uname: 'glenda' }) }
  rigs.push(made)
  return made
}

afterEach(async () => {
  for (const { tree, session, client } of rigs.splice(0)) {
    await client.close()
    await session.done
    expect(client.requests).toBe(0)
    expect(session.pending).toBe(0)
    expect(session.fids).toBe(0)
    expect(session.openFiles).toBe(0)
    expect(session.requests).toBe(session.replies + session.dropped)
    expect(tree.open).toBe(0)
  }
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (b: Uint8Array): string => new TextDecoder().decode(b)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('Client.connect()', () => {
  test('Client.connect() agrees on the smaller msize', async () => {
    expect((await rig({ ask: 8216, msize: 4096 })).client.msize).toBe(4096)
    expect((await rig({ ask: 4096, msize: 8216 })).session.msize).toBe(4096)
  })

  test('Client.connect() refuses an msize that no message fits', async () => {
    const [near] = streamPair()
    await expect(Client.connect(near, { msize: 99 })).rejects.toThrow(RangeError)
  })

  test('Client.connect() closes the stream when its signal is aborted', async () => {
    const [near] = streamPair()
    const abort = new AbortController()
    const connecting = Client.connect(near, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    expect(near.closed).toBe(true)
  })
})

describe('Client.attach()', () => {
  test('Client.attach() tells the tree who attaches, and for which session', async () => {
    const { tree, client } = await rig()
    await client.attach({ uname: 'bob', aname: 'tree' })
    expect(tree.attached.map(({ uname, aname }) => [uname, aname])).toEqual([
      ['glenda', ''],
      ['bob', 'tree'],
    ])
    expect(tree.attached[0]?.session).toBe(tree.attached[1]?.session)
  })

  test("Client.attach() rejects with the tree's words and leaves no fid", async () => {
    const { client, session } = await rig()
    await expect(client.attach({ aname: 'forbidden' })).rejects.toThrow(new RemoteError('permission denied'))
    expect([client.fids, session.fids]).toEqual([1, 1])
  })

  test('Client.auth() is refused by a tree that wants no authentication', async () => {
    const { client } = await rig()
    await expect(client.auth()).rejects.toThrow('authentication not required')
    expect(client.fids).toBe(1)
  })
})

describe('Fid.walk()', () => {
  test('Fid.walk() without names makes a second fid', async () => {
    const { root } = await rig()
    const second = await root.walk([])
    expect(second.number).not.toBe(root.number)
    expect(second.qid).toEqual(root.qid)
  })

  test('Fid.walk() goes through more than 16 names and back', async () => {
    const { tree, root, session } = await rig()
    let at = tree.root
    const names = Array.from({ length: 40 }, (_, i) => `d${i}`)
    for (const name of names) at = tree.directory(name, at)
    const end = await root.walk(names)
    expect(end.qid).toEqual(at.qid)
    const back = await end.walk(names.map(() => '..'))
    expect(back.qid).toEqual(root.qid)
    expect(session.fids).toBe(3)
  })

  test.each([0, 1, 15, 16, 17, 39])('Fid.walk() that fails at name %i binds no fid', async (bad) => {
    const { tree, root, client, session } = await rig()
    let at = tree.root
    const names = Array.from({ length: 40 }, (_, i) => `d${i}`)
    for (const name of names) at = tree.directory(name, at)
    names[bad] = 'nowhere'
    await expect(root.walk(names)).rejects.toThrow('file does not exist')
    expect([client.fids, session.fids]).toEqual([1, 1])
  })

  test('Fid.walk() fits its parts to a small msize', async () => {
    const { tree, root } = await rig({ ask: 100 })
    let at = tree.root
    const names = Array.from({ length: 20 }, (_, i) => `a rather long name ${i}`)
    for (const name of names) at = tree.directory(name, at)
    expect((await root.walk(names)).qid).toEqual(at.qid)
  })

  test('Fid.walk() from an open fid is refused', async () => {
    const { root } = await rig()
    const fid = await root.walk([])
    await fid.open(OREAD)
    await expect(fid.walk([])).rejects.toThrow('walk of open fid')
  })

  test('Fid.walk() into a file is refused', async () => {
    const { tree, root } = await rig()
    tree.file('f', '')
    const f = await root.walk(['f'])
    await expect(f.walk(['x'])).rejects.toThrow('not a directory')
    await expect(root.walk(['f', 'x'])).rejects.toThrow('file does not exist')
  })
})

describe('RemoteFile', () => {
  test('RemoteFile.write() and readAll() carry more than a message holds', async () => {
    const { tree, root } = await rig({ ask: 1000 })
    const data = new Uint8Array(10_000).map((_, i) => i * 7)
    const file = await RemoteFile.create(root, 'new', 0o644, ORDWR)
    expect(await file.write(data)).toBe(10_000)
    expect(tree.root.walk('new').length).toBe(10_000)
    expect(await file.readAll()).toEqual(data)
    await file.close()
    expect(tree.open).toBe(0)
  })

  test('RemoteFile.read() moves along and gives 0 at the end', async () => {
    const { tree, root } = await rig()
    tree.file('hello', 'hello, world')
    const file = await RemoteFile.open(root, '/hello')
    const p = new Uint8Array(8)
    expect(await file.read(p)).toBe(8)
    expect(text(p)).toBe('hello, w')
    expect(await file.read(p)).toBe(4)
    expect(await file.read(p)).toBe(0)
    expect(await file.readAt(p, 1e15)).toBe(0)
    expect(await file.readAt(p, 7)).toBe(5)
    expect(text(p.subarray(0, 5))).toBe('world')
  })

  test('RemoteFile respects the iounit', async () => {
    const { tree, root, session } = await rig()
    const f = tree.file('f', '', 10)
    const file = await RemoteFile.open(root, 'f', ORDWR)
    expect(file.fid.ioSize).toBe(10)
    const before = session.requests
    await file.write(bytes('0123456789abcdefghijklmno'))
    expect(session.requests - before).toBe(3)
    expect(text(f.bytes)).toBe('0123456789abcdefghijklmno')
    expect(await file.readAt(new Uint8Array(100), 0)).toBe(10)
  })

  test.each([100, 8216])('RemoteFile.readDir() gives whole entries at an msize of %i', async (ask) => {
    const { tree, root } = await rig({ ask })
    const names = Array.from({ length: 50 }, (_, i) => `n${i}`)
    for (const name of names) tree.file(name, name)
    const directory = await RemoteFile.open(root, '')
    const entries = await directory.readDir()
    expect(entries.map((e) => e.name)).toEqual(names)
    expect(entries[49]?.length).toBe(3n)
    expect(await directory.readDir()).toHaveLength(50)
  })

  test('RemoteFile.open() that fails leaves no fid', async () => {
    const { tree, root, client, session } = await rig()
    tree.directory('d')
    await expect(RemoteFile.open(root, 'd', OWRITE)).rejects.toThrow('permission denied')
    await expect(RemoteFile.open(root, 'x')).rejects.toThrow('file does not exist')
    await expect(RemoteFile.create(root, 'd/../d', 0o644, OREAD)).rejects.toThrow('file already exists')
    expect([client.fids, session.fids]).toEqual([1, 1])
  })

  test('RemoteFile.open() truncates with OTRUNC and removes on close with ORCLOSE', async () => {
    const { tree, root } = await rig()
    const f = tree.file('f', 'old')
    const file = await RemoteFile.open(root, 'f', OWRITE | OTRUNC | ORCLOSE)
    expect(f.bytes).toHaveLength(0)
    await file.close()
    await expect(root.walk(['f'])).rejects.toThrow('file does not exist')
  })
})

describe('Fid', () => {
  test('Fid.stat() and wstat() tell and change what stat tells', async () => {
    const { tree, root } = await rig()
    const node = tree.file('naïve', 'four')
    const fid = await root.walk(['naïve'])
    expect(await fid.stat()).toEqual(node.stat())
    await fid.wstat({ ...DONT_TOUCH, name: '名' })
    expect((await fid.stat()).name).toBe('名')
    await expect(fid.wstat({ ...DONT_TOUCH, length: 0n })).rejects.toThrow('permission denied')
  })

  test('Fid.create() makes a directory that can be walked into', async () => {
    const { root } = await rig()
    const d = await root.walk([])
    await d.create('sub', DMDIR + 0o755, OREAD)
    expect(d.qid.type & QTDIR).toBe(QTDIR)
    expect((await root.walk(['sub'])).qid).toEqual(d.qid)
    await expect((await root.walk([])).create('..', 0o644, OREAD)).rejects.toThrow('file name syntax')
  })

  test('Fid.remove() lets the fid go even when it fails', async () => {
    const { tree, root, client, session } = await rig()
    tree.file('f', '')
    await (await root.walk(['f'])).remove()
    await expect(root.walk(['f'])).rejects.toThrow('file does not exist')
    const again = await root.walk([])
    await expect(again.remove()).rejects.toThrow('permission denied')
    await expect(again.stat()).rejects.toThrow('fid was clunked')
    expect([client.fids, session.fids]).toEqual([1, 1])
  })

  test('Fid.clunk() a second time does nothing', async () => {
    const { root, session } = await rig()
    const fid = await root.walk([])
    await fid.clunk()
    const before = session.requests
    await fid.clunk()
    expect(session.requests).toBe(before)
  })

  test('Fid.open() a second time is refused', async () => {
    const { root } = await rig()
    const fid = await root.walk([])
    await fid.open(OREAD)
    await expect(fid.open(OREAD)).rejects.toThrow('inappropriate use of fd')
  })

  test('Fid.read() and write() are refused when it is not open so', async () => {
    const { tree, root } = await rig()
    tree.file('f', 'x')
    const closed = await root.walk(['f'])
    await expect(closed.read(new Uint8Array(1))).rejects.toThrow('fd out of range or not open')
    const r = (await RemoteFile.open(root, 'f', OREAD)).fid
    await expect(r.write(new Uint8Array(1))).rejects.toThrow('inappropriate use of fd')
    const w = (await RemoteFile.open(root, 'f', OWRITE)).fid
    await expect(w.read(new Uint8Array(1))).rejects.toThrow('inappropriate use of fd')
  })

  test('Fid.read() refuses offsets and buffers of a wrong kind', async () => {
    const { tree, root } = await rig()
    tree.file('f', 'x')
    const { fid } = await RemoteFile.open(root, 'f')
    await expect(fid.read(new Uint8Array(1), -1)).rejects.toThrow(RangeError)
    await expect(fid.read(new Uint8Array(1), 0.5)).rejects.toThrow(RangeError)
    await expect(fid.read('x' as unknown as Uint8Array)).rejects.toThrow(TypeError)
  })
})

describe('pending requests', () => {
  test('Fid.read() of one file waits while others go on', async () => {
    const { tree, root } = await rig()
    const queue = tree.queue('q')
    tree.file('f', 'fast')
    const q = await RemoteFile.open(root, 'q')
    const p = new Uint8Array(4)
    const waiting = q.read(p)
    expect(text(await (await RemoteFile.open(root, 'f')).readAll())).toBe('fast')
    queue.put(1, 2, 3)
    expect(await waiting).toBe(3)
    expect([...p]).toEqual([1, 2, 3, 0])
  })

  test('Client serves 1000 concurrent reads and writes', async () => {
    const { tree, root } = await rig({ ask: 8216 })
    const f = tree.file('f', '')
    const file = await RemoteFile.open(root, 'f', ORDWR)
    const one = (i: number): Uint8Array => new Uint8Array(500).fill(i)
    await Promise.all(Array.from({ length: 1000 }, (_, i) => file.writeAt(one(i), 500 * i)))
    expect(f.bytes).toHaveLength(500_000)
    const read = await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        const p = new Uint8Array(500)
        expect(await file.readAt(p, 500 * i)).toBe(500)
        return p[499]
      }),
    )
    expect(read).toEqual(Array.from({ length: 1000 }, (_, i) => i & 0xff))
  })

  test('Fid.write() lends the bytes of a pending write until it ends', async () => {
    const { tree, root } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q', ORDWR)
    const writes = Array.from({ length: 50 }, (_, i) => file.writeAt(new Uint8Array(9000).fill(i), 0))
    await until(() => queue.waiting === 50)
    queue.put(1)
    expect(await Promise.all(writes)).toEqual(writes.map(() => 9000))
  })

  test('an aborted read rejects with the reason, and the file stays usable', async () => {
    const { tree, root, client } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const abort = new AbortController()
    const reading = file.read(new Uint8Array(4), { signal: abort.signal })
    await until(() => queue.waiting === 1)
    const reason = { why: 'enough' }
    abort.abort(reason)
    await expect(reading).rejects.toBe(reason)
    await until(() => client.requests === 0)
    expect(queue.waiting).toBe(0)
    queue.put(9)
    expect(await file.read(new Uint8Array(4))).toBe(1)
  })

  test('a read whose data were on the way when it was aborted gives the data', async () => {
    const { tree, root, client } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const abort = new AbortController()
    const p = new Uint8Array(4)
    const reading = file.read(p, { signal: abort.signal })
    await until(() => queue.waiting === 1)
    queue.put(5)
    abort.abort()
    expect(await reading).toBe(1)
    expect(p[0]).toBe(5)
    await until(() => client.requests === 0)
  })

  test('an open that is aborted leaves nothing', async () => {
    const { tree, root, client, session } = await rig()
    const queue = tree.queue('q', true)
    const abort = new AbortController()
    const opening = RemoteFile.open(root, 'q', OREAD, { signal: abort.signal })
    await until(() => queue.waiting === 1)
    abort.abort()
    await expect(opening).rejects.toThrow('aborted')
    await until(() => client.requests === 0)
    expect([client.fids, session.fids, tree.open]).toEqual([1, 1, 0])
  })

  test('a signal that is aborted already sends nothing', async () => {
    const { root, session } = await rig()
    const before = session.requests
    await expect(root.walk([], { signal: AbortSignal.abort() })).rejects.toThrow()
    expect(session.requests).toBe(before)
  })

  test('Fid.clunk() ends what is pending on it', async () => {
    const { tree, root, client } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const reads = [file.readAt(new Uint8Array(4), 0), file.readAt(new Uint8Array(4), 0)]
    await until(() => queue.waiting === 2)
    const ends = Promise.allSettled(reads)
    await file.close()
    expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected'])
    await until(() => client.requests === 0)
    expect(tree.open).toBe(0)
  })

  test('Client.close() rejects what is pending with a SessionError, the server drops it', async () => {
    const { tree, root, client, session } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const reading = file.read(new Uint8Array(4))
    await until(() => queue.waiting === 1)
    const ends = expect(reading).rejects.toThrow(SessionError)
    await client.close()
    await ends
    await session.done
    expect(session.dropped).toBe(1)
    expect(queue.waiting).toBe(0)
    await expect(file.read(new Uint8Array(4))).rejects.toThrow('9P session closed')
    await file.close()
  })

  test('ServerSession.close() rejects what is pending at the client', async () => {
    const { tree, root, client, session } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const reading = file.read(new Uint8Array(4))
    await until(() => queue.waiting === 1)
    const ends = expect(reading).rejects.toThrow('the link was cut')
    await session.close()
    await ends
    await client.done
    expect(client.error).toBeInstanceOf(SessionError)
  })
})

describe('framing', () => {
  test.each([1, 2, 3, 7, 11, 13, 100])(
    'a link that delivers %i bytes at a time makes no difference',
    async (size) => {
      const { tree, root } = await rig({ piece: () => size })
      tree.file(
        'f',
        new Uint8Array(30_000).map((_, i) => i),
      )
      const file = await RemoteFile.open(root, 'f', ORDWR)
      await file.writeAt(bytes('changed'), 20_000)
      const all = await file.readAll()
      expect(all).toHaveLength(30_000)
      expect(text(all.subarray(20_000, 20_007))).toBe('changed')
      expect(all[29_999]).toBe(29_999 & 0xff)
    },
  )
})

describe('limits', () => {
  test('bytes counts whole buffers, fids and requests, and is what it was when they are over', async () => {
    const { tree, root, session } = await rig()
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q', ORDWR)
    const before = session.bytes
    expect(before).toBe(2 * 512) // the fids
    const end = new AbortController()
    const reads = [1, 50_000].map((n) => file.readAt(new Uint8Array(n), 0, { signal: end.signal }))
    while (queue.waiting < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(session.bytes).toBe(before + 2 * 2048 + 1088 + 65_600)
    queue.put(1)
    await reads[0]
    end.abort()
    await reads[1]?.catch(() => {})
    await expect(root.walk(['no'])).rejects.toThrow('file does not exist')
    tree.file('f', '')
    await using plain = await RemoteFile.open(root, 'f', ORDWR)
    await plain.writeAt(new Uint8Array(100_000), 0)
    expect(session.bytes).toBe(before + 512)
    await plain.close()
    await file.close()
    expect(session.bytes).toBe(512)
  })

  test('memory that sessions share has room for what they hold together', async () => {
    let held = 0
    const memory = {
      hasRoom: (n: number) => held + n <= 100_000,
      hold: (n: number) => {
        held += n
      },
    }
    const [a, b] = [await rig({ memory }), await rig({ memory })]
    a.tree.queue('q')
    b.tree.queue('q')
    const [one, other] = [await RemoteFile.open(a.root, 'q'), await RemoteFile.open(b.root, 'q')]
    const waiting = one.readAt(new Uint8Array(50_000), 0)
    waiting.catch(() => {})
    while (a.session.pending === 0) await new Promise((resolve) => setImmediate(resolve))
    await expect(other.readAt(new Uint8Array(50_000), 0)).rejects.toThrow('too many bytes in flight')
    await a.client.close()
    await a.session.done
    expect(held).toBe(2 * 512)
    await b.client.close()
    await b.session.done
    expect(held).toBe(0)
    await expect(waiting).rejects.toThrow('9P session closed')
  })

  test('maxFids refuses one fid more', async () => {
    const { root, client } = await rig({ maxFids: 3 })
    await root.walk([])
    const third = await root.walk([])
    await expect(root.walk([])).rejects.toThrow('too many fids')
    await third.clunk()
    await root.walk([])
    expect(client.fids).toBe(3)
  })

  test('maxRequests refuses one request more, but not its flush', async () => {
    const { tree, root } = await rig({ maxRequests: 2 })
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q')
    const abort = new AbortController()
    const first = file.readAt(new Uint8Array(1), 0, { signal: abort.signal })
    const second = file.readAt(new Uint8Array(1), 0)
    await expect(file.readAt(new Uint8Array(1), 0)).rejects.toThrow('too many requests')
    abort.abort()
    await expect(first).rejects.toThrow()
    queue.put(1)
    expect(await second).toBe(1)
  })

  test('a long write for which there is no room is refused without a buffer, and what follows is done', async () => {
    let most = 0
    let held = 0
    const memory = {
      hasRoom: (n: number) => held + n <= 60_000,
      hold: (n: number) => {
        held += n
        most = Math.max(most, held)
      },
    }
    const { tree, root, client, session } = await rig({ memory, ask: 200_024 })
    tree.queue('q')
    const file = await RemoteFile.open(root, 'q', ORDWR)
    const writes = [file.writeAt(new Uint8Array(100_000), 0), file.writeAt(new Uint8Array(100_000), 0)]
    const stat = file.stat()
    for (const write of writes) await expect(write).rejects.toThrow('too many bytes in flight')
    expect((await stat).name).toBe('q')
    expect(most).toBeLessThan(60_000)
    // The session may end while it is slow to listen.
    const last = file.writeAt(new Uint8Array(100_000), 0)
    await expect(last).rejects.toThrow('too many bytes in flight')
    await session.close()
    await client.close()
    expect(held).toBe(0)
  })

  test('maxBytes refuses reads and writes whose bytes would be held', async () => {
    const { tree, root } = await rig({ maxBytes: 138_000, ask: 50_024 })
    const queue = tree.queue('q')
    const file = await RemoteFile.open(root, 'q', ORDWR)
    // Each holds a buffer of 65,600 bytes, the next size that there is, and 2 KiB.
    const reads = [file.readAt(new Uint8Array(50_000), 0), file.readAt(new Uint8Array(50_000), 0)]
    await expect(file.readAt(new Uint8Array(1), 0)).rejects.toThrow('too many bytes in flight')
    queue.put(1, 2)
    await Promise.all(reads)
    expect(await file.readAt(new Uint8Array(1), 0, { signal: AbortSignal.timeout(0) }).catch(() => -1)).toBe(
      -1,
    )
  })
})
