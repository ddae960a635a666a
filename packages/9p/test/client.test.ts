import { afterEach, describe, expect, test } from 'vitest'
import {
  Client,
  encodedMessage,
  type Fid,
  type Message9P,
  NOTAG,
  RemoteError,
  RemoteFile,
  serve9P,
  SessionError,
} from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { RawPeer } from './raw_peer.ts'
import { type PairEnd, streamPair } from './stream_pair.ts'

const qid = { type: 0, version: 1, path: 2n }

interface Rig {
  readonly client: Client
  readonly root: Fid
  readonly server: RawPeer
  readonly near: PairEnd
}

const clients: Client[] = []

async function rig(): Promise<Rig> {
  const [near, far] = streamPair()
  const server = new RawPeer(far)
  const connecting = Client.connect(near, { msize: 8216 })
  expect(await server.next()).toEqual({ type: 100, tag: NOTAG, msize: 8216, version: '9P2000' })
  await server.send({ type: 101, tag: NOTAG, msize: 8216, version: '9P2000' })
  const client = await connecting
  clients.push(client)
  const attaching = client.attach()
  const request = await server.next()
  await server.send({ type: 105, tag: request?.tag ?? -1, qid })
  return { client, root: await attaching, server, near }
}

afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.close()
    expect([client.requests, client.fids]).toEqual([0, 0])
  }
})

/** The next request, with its tag. */
async function request<T extends Message9P['type']>(
  server: RawPeer,
  type: T,
): Promise<Extract<Message9P, { type: T }>> {
  const message = await server.next()
  expect(message?.type).toBe(type)
  return message as Extract<Message9P, { type: T }>
}

describe('Client.connect()', () => {
  test.each<[Message9P | string, string, string]>([
    [
      { type: 101, tag: NOTAG, msize: 8216, version: 'unknown' },
      'SessionError',
      '9P server does not speak 9P2000',
    ],
    // What diod answers.
    ['0b00000007ffff05000000', 'SessionError', '9P server does not speak 9P2000 but 9P2000.L'],
    [
      { type: 101, tag: NOTAG, msize: 8216, version: '9P2000.u' },
      'SessionError',
      '9P server speaks 9P2000.u',
    ],
    [
      { type: 101, tag: NOTAG, msize: 8217, version: '9P2000' },
      'SessionError',
      'an msize of 8217 bytes where 8216',
    ],
    [
      { type: 101, tag: NOTAG, msize: 99, version: '9P2000' },
      'SessionError',
      'an msize of 99 bytes where 8216',
    ],
    [{ type: 107, tag: NOTAG, ename: 'Bad 9P2000 version' }, 'RemoteError', 'Bad 9P2000 version'],
    [{ type: 105, tag: NOTAG, qid }, 'SessionError', 'message of type 105 in reply to one of type 100'],
    ['06000000 65 ffff', 'SessionError', 'frame of 6 bytes is shorter than its header'],
    ['48545450 2f312e31', 'SessionError', 'the peer does not speak 9P, it says "HTTP/1.1"'],
    ['0a000000 65 ffff 000000', 'SessionError', 'message ends within msize'],
    [
      Buffer.from('220 mail.example ESMTP\r\n\x1b[2J').toString('hex'),
      'SessionError',
      'the peer does not speak 9P, it says "220 mail.example ESMTP\\r\\n"',
    ],
    ['ffffffff 65 ffff', 'SessionError', 'frame of 4294967295 bytes is longer than 8216'],
  ])('Client.connect() rejects on reply %#', async (reply, name, message) => {
    const [near, far] = streamPair()
    const server = new RawPeer(far)
    const connecting = Client.connect(near, { msize: 8216 })
    const outcome = expect(connecting).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message) as string,
    })
    await server.next()
    await server.send(reply)
    await outcome
    expect(near.closed).toBe(true)
  })

  test('Client.connect() rejects when the link ends', async () => {
    const [near, far] = streamPair()
    const connecting = Client.connect(near)
    await far.close()
    await expect(connecting).rejects.toThrow(SessionError)
  })
})

describe('replies', () => {
  test('a reply that nobody waits for is ignored', async () => {
    const { root, server, client } = await rig()
    await server.send({ type: 121, tag: 77 }, { type: 109, tag: NOTAG }, { type: 107, tag: 5, ename: 'x' })
    const walking = root.walk(['a'])
    const { tag } = await request(server, 110)
    await server.send({ type: 111, tag, wqid: [qid] })
    expect((await walking).qid).toEqual(qid)
    expect(client.error).toBeNull()
  })

  test('Rerror rejects with the words of the server', async () => {
    const { root, server } = await rig()
    const walking = root.walk(['a'])
    const { tag } = await request(server, 110)
    await server.send({ type: 107, tag, ename: "'./a' file does not exist" })
    await expect(walking).rejects.toEqual(new RemoteError("'./a' file does not exist"))
  })

  test('replies may come in any order', async () => {
    const { root, server } = await rig()
    const p = [new Uint8Array(4), new Uint8Array(4), new Uint8Array(4)]
    const reads = p.map((x, i) => root.read(x, i))
    const tags = [0, 0, 0]
    for (let i = 0; i < 3; i++) {
      const { tag, offset } = await request(server, 116)
      tags[Number(offset)] = tag
    }
    for (const i of [2, 0, 1])
      await server.send({ type: 117, tag: tags[i] ?? -1, data: Uint8Array.of(i + 1, i) })
    expect(await Promise.all(reads)).toEqual([2, 2, 2])
    expect(p.map((x) => [...x])).toEqual([
      [1, 0, 0, 0],
      [2, 1, 0, 0],
      [3, 2, 0, 0],
    ])
  })

  test.each<[string, (tag: number) => Message9P | Uint8Array]>([
    ['of another type', (tag) => ({ type: 119, tag, count: 1 })],
    ['with more data than asked for', (tag) => ({ type: 117, tag, data: new Uint8Array(5) })],
    ['with a count too large', (tag) => Uint8Array.of(12, 0, 0, 0, 117, tag, 0, 2, 0, 0, 0, 0)],
    ['with a count too small', (tag) => Uint8Array.of(12, 0, 0, 0, 117, tag, 0, 0, 0, 0, 0, 0)],
    ['without a count', (tag) => Uint8Array.of(9, 0, 0, 0, 117, tag, 0, 0, 0)],
    ['that is no message', (tag) => Uint8Array.of(8, 0, 0, 0, 107, tag, 0, 9)],
    ['longer than msize', () => Uint8Array.of(0, 255, 0, 0, 117, 0, 0)],
  ])('a reply to Tread %s ends the session', async (_what, reply) => {
    const { root, server, client, near } = await rig()
    const others = Promise.allSettled([root.walk(['x'])])
    const reading = expect(root.read(new Uint8Array(4))).rejects.toThrow(SessionError)
    await request(server, 110)
    const { tag } = await request(server, 116)
    await server.send(reply(tag))
    await reading
    expect((await others)[0].status).toBe('rejected')
    await client.done
    expect(near.closed).toBe(true)
    await expect(root.stat()).rejects.toThrow(client.error?.message)
  })

  test('Rwrite that counts more than was sent ends the session', async () => {
    const { root, server } = await rig()
    const writing = expect(root.write(new Uint8Array(4))).rejects.toThrow(
      'reply counts 5 bytes, more than the 4',
    )
    const { tag } = await request(server, 118)
    await server.send({ type: 119, tag, count: 5 })
    await writing
  })

  test('Rwalk with more qids than names ends the session', async () => {
    const { root, server } = await rig()
    const walking = expect(root.walk(['a'])).rejects.toThrow('2 qids for 1 names')
    const { tag } = await request(server, 110)
    await server.send({ type: 111, tag, wqid: [qid, qid] })
    await walking
  })

  test('a partial walk frees the number of newfid, a later part clunks it', async () => {
    const { root, server, client } = await rig()
    let walking = expect(root.walk(['a', 'b'])).rejects.toThrow('file does not exist')
    const first = await request(server, 110)
    await server.send({ type: 111, tag: first.tag, wqid: [qid] })
    await walking
    expect(client.fids).toBe(1)
    walking = expect(root.walk(Array.from({ length: 20 }, () => 'a'))).rejects.toThrow('file does not exist')
    const part = await request(server, 110)
    expect([part.wname.length, part.newfid]).toEqual([16, first.newfid])
    await server.send({ type: 111, tag: part.tag, wqid: Array.from({ length: 16 }, () => qid) })
    const rest = await request(server, 110)
    expect(rest).toMatchObject({ fid: first.newfid, newfid: first.newfid, wname: ['a', 'a', 'a', 'a'] })
    await server.send({ type: 111, tag: rest.tag, wqid: [qid, qid, qid] })
    const { tag, fid } = await request(server, 120)
    expect(fid).toBe(first.newfid)
    await server.send({ type: 121, tag })
    await walking
    expect(client.fids).toBe(1)
  })

  test('Fid.clunk() frees the fid even on Rerror', async () => {
    const { root, server, client } = await rig()
    const clunking = expect(root.clunk()).rejects.toThrow('no')
    const { tag } = await request(server, 120)
    await server.send({ type: 107, tag, ename: 'no' })
    await clunking
    expect(client.fids).toBe(0)
  })

  test('a message that cannot be encoded leaves no tag and no bytes', async () => {
    const { root, server, client } = await rig()
    await expect(root.open(300)).rejects.toThrow('mode is not within 0 and 255')
    await expect(root.create('x'.repeat(9000), 0, 0)).rejects.toThrow('longer than msize')
    expect(client.requests).toBe(0)
    const opening = root.open(0)
    const { tag } = await request(server, 112)
    await server.send({ type: 113, tag, qid, iounit: 0 })
    await opening
  })
})

describe('a session that ends', () => {
  test('a stream that cannot be written ends the session', async () => {
    const { root, client, near } = await rig()
    near.write = () => Promise.reject(new Error('no route'))
    await expect(root.stat()).rejects.toMatchObject({
      name: 'SessionError',
      message: '9P session ended: the link was cut: no route',
      cause: new Error('no route'),
    })
    await client.done
    expect(near.closed).toBe(true)
  })

  test('a request above 32767 is refused, a clunk is not', async () => {
    const { root, server, client } = await rig()
    const drain = (async () => {
      while ((await server.next()) !== null);
    })()
    const all = Promise.allSettled(Array.from({ length: 32_767 }, () => root.stat()))
    await expect(root.stat()).rejects.toThrow('more than 32767 9P requests are outstanding')
    const clunking = root.clunk()
    expect(client.requests).toBeGreaterThan(2 * 32_767)
    await client.close()
    await clunking
    const ends = await all
    expect(ends.every((end) => end.status === 'rejected')).toBe(true)
    await drain
  })

  test('await using closes fids, files and clients', async () => {
    const [near, far] = streamPair()
    const tree = new MemoryTree()
    const session = serve9P(far, tree)
    {
      await using client = await Client.connect(near)
      await using root = await client.attach()
      tree.file('f', 'x')
      await using file = await RemoteFile.open(root, 'f')
      expect((await file.stat()).name).toBe('f')
      expect(tree.open).toBe(1)
    }
    await session.done
    expect([session.fids, tree.open, near.closed]).toEqual([0, 0, true])
  })
})

describe('Tflush', () => {
  async function flushed(): Promise<
    Rig & { reading: Promise<number>; p: Uint8Array; old: number; tag: number }
  > {
    const made = await rig()
    const abort = new AbortController()
    const p = new Uint8Array(4)
    const reading = made.root.read(p, 0, { signal: abort.signal })
    const { tag: old } = await request(made.server, 116)
    abort.abort('enough')
    const { tag, oldtag } = await request(made.server, 108)
    expect(oldtag).toBe(old)
    return { ...made, reading, p, old, tag }
  }

  test('Rflush alone rejects with the reason', async () => {
    const { reading, server, tag, client } = await flushed()
    await server.send({ type: 109, tag })
    await expect(reading).rejects.toBe('enough')
    expect(client.requests).toBe(0)
  })

  test('a reply before Rflush counts, and its tag is taken until then', async () => {
    const { reading, server, tag, old, client, root, p } = await flushed()
    await server.send({ type: 117, tag: old, data: Uint8Array.of(8) })
    expect(await reading).toBe(1)
    expect(p[0]).toBe(8)
    expect(client.requests).toBe(2)
    const stats = [root.stat(), root.stat()]
    const tags = [(await request(server, 124)).tag, (await request(server, 124)).tag]
    expect(tags).not.toContain(old)
    expect(tags).not.toContain(tag)
    await server.send({ type: 109, tag }, ...tags.map((t): Message9P => ({ type: 107, tag: t, ename: 'no' })))
    await Promise.allSettled(stats)
    expect(client.requests).toBe(0)
  })

  test('Rerror before Rflush rejects with the reason', async () => {
    const { reading, server, tag, old, client } = await flushed()
    await server.send({ type: 107, tag: old, ename: 'interrupted' }, { type: 109, tag })
    await expect(reading).rejects.toBe('enough')
    const { requests } = client
    expect(requests).toBeLessThan(2)
  })

  test('a server that will not flush may still answer', async () => {
    const { reading, server, tag, old, client, root } = await flushed()
    await server.send({ type: 107, tag, ename: 'what?' })
    await expect(reading).rejects.toBe('enough')
    expect(client.requests).toBe(1)
    const late = encodedMessage({ type: 117, tag: old, data: Uint8Array.of(1, 2) })
    await server.send(late.subarray(0, 12))
    await new Promise<void>((resolve) => setImmediate(resolve))
    await server.send(late.subarray(12))
    const walking = root.walk([])
    await server.send({ type: 111, tag: (await request(server, 110)).tag, wqid: [] })
    await walking
    expect(client.requests).toBe(0)
  })

  test('the end of the link ends a flush that is pending', async () => {
    const { reading, server, client } = await flushed()
    const outcome = expect(reading).rejects.toThrow(SessionError)
    await server.close()
    await outcome
    expect(client.requests).toBe(0)
  })
})
