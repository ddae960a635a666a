import { constants } from 'node:buffer'
import { afterEach, describe, expect, test } from 'vitest'
import {
  Client,
  ORDWR,
  RemoteError,
  RemoteFile,
  serve9P,
  SessionError,
  type Attach,
  type OpenFile,
  type TreeNode,
} from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { streamPair } from './stream_pair.ts'

const gone = new TypeError('the buffer was transferred or made smaller while its operation was pending')

// The library of the oldest Node that this runs on has these, its types do not.
type Resizable = ArrayBuffer & { resize(byteLength: number): void }
const resizable = (byteLength: number): Resizable =>
  new (ArrayBuffer as unknown as new (n: number, o: object) => Resizable)(byteLength, {
    maxByteLength: 2 * byteLength,
  })
type Growable = SharedArrayBuffer & { grow(byteLength: number): void }
const growable = (byteLength: number): Growable =>
  new (SharedArrayBuffer as unknown as new (n: number, o: object) => Growable)(byteLength, {
    maxByteLength: 2 * byteLength,
  })

function transfer(p: Uint8Array<ArrayBuffer>): void {
  structuredClone(p.buffer, { transfer: [p.buffer] })
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A session over a link that hands on at most `piece` bytes at a time. */
async function session(piece: number): Promise<{ client: Client }> {
  const [near, far] = streamPair({ piece: () => piece })
  const served = serve9P(far, new MemoryTree())
  const client = await Client.connect(near)
  closers.push(async () => {
    await client.close()
    await served.done
  })
  return { client }
}

const LONG = 300_000 // bytes, more than are copied behind a header, or come in one piece

describe.each([Infinity, 5000])('over a link of at most %d bytes at a time', (piece) => {
  test.each([10, LONG])('a read of %d bytes whose buffer is given away fails alone', async (length) => {
    const { client } = await session(piece)
    const file = await RemoteFile.create(await client.attach(), 'f', 0o644, ORDWR)
    const data = Uint8Array.from({ length }, (_, i) => i % 251)
    await file.writeAt(data, 0)
    const p = new Uint8Array(length)
    const reading = file.readAt(p, 0)
    const other = new Uint8Array(length)
    const beside = file.readAt(other, 0)
    transfer(p)
    await expect(reading).rejects.toEqual(gone)
    expect(await beside).toBe(length)
    expect(Buffer.compare(other, data)).toBe(0)
    expect([client.error, client.requests]).toEqual([null, 0])
  })

  test.each([10, LONG])('a write of %d bytes whose buffer is given away is not sent', async (length) => {
    const { client } = await session(piece)
    const file = await RemoteFile.create(await client.attach(), 'f', 0o644, ORDWR)
    const p = new Uint8Array(length).fill(1)
    const writing = file.fid.write(p, 0)
    transfer(p)
    // What is short was copied when it was asked for.
    if (length === 10) expect(await writing).toBe(10)
    else await expect(writing).rejects.toEqual(gone)
    expect(await file.readAt(new Uint8Array(length), 0)).toBe(length === 10 ? 10 : 0)
    expect([client.error, client.requests]).toEqual([null, 0])
  })

  test('a write whose buffer is given away while it is flushed rejects, and its tag is free afterwards', async () => {
    const { client } = await session(piece)
    const file = await RemoteFile.create(await client.attach(), 'f', 0o644, ORDWR)
    const p = new Uint8Array(LONG)
    const controller = new AbortController()
    const writing = file.fid.write(p, 0, { signal: controller.signal })
    controller.abort('no')
    transfer(p)
    await expect(writing).rejects.toEqual(gone)
    await file.stat()
    expect([client.error, client.requests]).toEqual([null, 0])
  })

  test('a resizable buffer that is made smaller fails its operation, one that grows does not matter', async () => {
    const { client } = await session(piece)
    const file = await RemoteFile.create(await client.attach(), 'f', 0o644, ORDWR)
    await file.writeAt(new Uint8Array(LONG).fill(3), 0)
    for (const call of [(p: Uint8Array) => file.fid.write(p, 0), (p: Uint8Array) => file.fid.read(p, 0)]) {
      const smaller = resizable(LONG)
      const failing = call(new Uint8Array(smaller))
      smaller.resize(5)
      await expect(failing).rejects.toEqual(gone)
      for (const larger of [resizable(LONG), growable(LONG)]) {
        const going = call(new Uint8Array(larger))
        if ('resize' in larger) larger.resize(LONG + 100)
        else larger.grow(LONG + 100)
        expect(await going).toBe(LONG)
      }
    }
    expect([client.error, client.requests]).toEqual([null, 0])
  })

  test('buffers of more than 2 GiB, and of 4 and more, are read and written a message at a time', async () => {
    const { client } = await session(piece)
    const file = await RemoteFile.create(await client.attach(), 'f', 0o644, ORDWR)
    const { ioSize } = file.fid
    for (const length of [2 ** 31 + 5, constants.MAX_LENGTH]) {
      const p = new Uint8Array(length) // of which the system gives only what is touched
      expect(await file.fid.write(p, 0)).toBe(ioSize)
      expect(await file.fid.read(p, 0)).toBe(ioSize)
    }
  })
})

/** A tree that gives away the memory of what it is asked to write, or to read into. */
class GivingTree extends MemoryTree {
  override attach(who: Attach): TreeNode {
    const root = super.attach(who)
    const file = this.#file(root)
    return Object.assign(root, { walk: () => file })
  }

  #file(root: TreeNode): TreeNode {
    const node: TreeNode = {
      qid: { type: 0, version: 0, path: 99n },
      stat: (options) => root.stat(options),
      open: () => file,
    }
    const give = (p: Uint8Array): number => {
      const n = p.byteLength
      transfer(p as Uint8Array<ArrayBuffer>)
      return n
    }
    const file: OpenFile = { node, read: give, write: give }
    return node
  }
}

describe('a tree that gives away the memory', () => {
  test('of a reply has its read refused', async () => {
    const [near, far] = streamPair()
    const served = serve9P(far, new GivingTree())
    const client = await Client.connect(near)
    const fid = await (await client.attach()).walk(['x'])
    await fid.open(ORDWR)
    await expect(fid.read(new Uint8Array(100), 0)).rejects.toThrow(RemoteError)
    await fid.stat()
    await client.close()
    await served.done
    expect(served.pending).toBe(0)
  })

  test('of a request ends its own session', async () => {
    const [near, far] = streamPair()
    const served = serve9P(far, new GivingTree())
    const client = await Client.connect(near)
    const fid = await (await client.attach()).walk(['x'])
    await fid.open(ORDWR)
    // The reply may have left before the memory was missed.
    await fid.write(new Uint8Array(100), 0).catch(() => {})
    await expect(fid.stat()).rejects.toThrow(SessionError)
    await client.close()
    await served.done
    expect(served.pending).toBe(0)
  })
})
