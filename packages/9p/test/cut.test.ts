import { describe, expect, test } from 'vitest'
import { Client, ORDWR, OREAD, RemoteFile, serve9P } from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { type PairOptions, streamPair } from './stream_pair.ts'

/** A session with one of everything; gives how far it came. */
async function script(client: Client, tree: MemoryTree): Promise<void> {
  const queue = tree.queue('q')
  const root = await client.attach()
  const file = await RemoteFile.create(root, 'f', 0o644, ORDWR)
  await Promise.all([
    file.writeAt(new Uint8Array(50).fill(1), 0),
    file.writeAt(new Uint8Array(50).fill(2), 50),
  ])
  await Promise.all([file.readAt(new Uint8Array(30), 0), file.readAt(new Uint8Array(70), 30)])
  const q = await RemoteFile.open(root, 'q')
  const abort = new AbortController()
  const aborted = q.read(new Uint8Array(8), { signal: abort.signal })
  const pending = q.read(new Uint8Array(8))
  const both = Promise.allSettled([aborted, pending])
  await file.stat()
  abort.abort()
  await aborted.catch(() => {})
  queue.put(1, 2, 3)
  await both
  await (await RemoteFile.open(root, '', OREAD)).readDir()
  await root.walk(['nowhere']).catch(() => {})
  await file.fid.remove()
  await q.close()
  await root.clunk()
}

async function run(options: PairOptions): Promise<{ failed: boolean }> {
  const tree = new MemoryTree()
  const [near, far] = streamPair(options)
  const session = serve9P(far, tree)
  let failed = false
  let client: Client | null = null
  try {
    client = await Client.connect(near, { msize: 200 })
    await script(client, tree)
  } catch {
    failed = true
  }
  if (client !== null) {
    await client.close()
    expect([client.requests, client.fids]).toEqual([0, 0])
    await expect(client.attach()).rejects.toThrow(/^9P session (ended|closed)/)
  }
  await session.done
  expect(session.requests).toBe(session.replies + session.dropped)
  expect([session.pending, session.fids, session.openFiles, tree.open]).toEqual([0, 0, 0, 0])
  expect([near.closed, far.closed]).toEqual([true, true])
  return { failed }
}

describe('a link that is cut', () => {
  test.each(['cutForth', 'cutBack'] as const)('%s at every byte leaves nothing behind', async (direction) => {
    const sizes = [0, 0]
    const whole = await run({ tap: (from, bytes) => (sizes[from] = (sizes[from] ?? 0) + bytes.length) })
    expect(whole.failed).toBe(false)
    const size = sizes[direction === 'cutForth' ? 0 : 1] ?? 0
    expect(size).toBeGreaterThan(300)
    for (let at = 0; at < size; at++) {
      const { failed } = await run({ [direction]: at })
      // A clunk succeeds also by the end of its session, and the script ends with some.
      if (at < size - 60) expect(failed).toBe(true)
    }
  })

  test('bytes that come one by one are cut as well', async () => {
    for (let at = 0; at < 400; at += 7) {
      const { failed } = await run({ cutBack: at, piece: () => 1 })
      expect(failed).toBe(true)
    }
  })
})
