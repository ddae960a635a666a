import { expect, test } from 'vitest'
import { Client, OREAD, RemoteFile, serve9P, type Stat, type Tree, type TreeNode } from '../src/index.ts'
import { streamPair } from './stream_pair.ts'

const qid = { type: 0x80, version: 0, path: 1n }
const stat: Stat = {
  type: 0,
  dev: 0,
  qid,
  mode: 0x80000000 + 0o555,
  atime: 0,
  mtime: 0,
  length: 0n,
  name: 'entry',
  uid: 'none',
  gid: 'none',
  muid: 'none',
}

test('serve9P() lists a directory once at a time, and turns of the event loop lie between', async () => {
  let inside = 0
  let most = 0
  let turns = 0
  const between: number[] = []
  const node: TreeNode = {
    qid,
    stat: () => stat,
    open: () => ({
      node,
      list: async () => {
        most = Math.max(most, ++inside)
        between.push(turns)
        await Promise.resolve()
        inside--
        return [stat, stat]
      },
    }),
  }
  const tree: Tree = { attach: () => node }
  const [near, far] = streamPair()
  const session = serve9P(far, tree)
  const client = await Client.connect(near)
  const dir = await RemoteFile.open(await client.attach(), '', OREAD)
  let counting = true
  const count = (): void => {
    turns++
    if (counting) setImmediate(count)
  }
  count()
  const abort = new AbortController()
  const reads = Array.from({ length: 8 }, () => dir.readAt(new Uint8Array(1000), 0))
  const flushed = dir.readAt(new Uint8Array(1000), 0, { signal: abort.signal })
  abort.abort(new Error('enough'))
  await expect(flushed).rejects.toThrow('enough')
  const lengths = await Promise.all(reads)
  counting = false
  expect(new Set(lengths).size).toBe(1)
  expect(lengths[0]).toBeGreaterThan(100)
  expect([most, between.length]).toEqual([1, 8])
  expect(new Set(between).size).toBe(8)
  await client.close()
  await session.done
  expect([session.fids, session.pending, session.openFiles]).toEqual([0, 0, 0])
})
