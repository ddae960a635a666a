import { open } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync } from '../src/index.ts'
import { Connected, pattern } from './connected.ts'
import { Folder, SIZE } from './sent_file.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const folder = new Folder()
afterAll(async () => {
  folder[Symbol.dispose]()
  await check()
})

// A generator with a seed: a failure can be had again.
function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
}

const ends = ['abort', 'close', 'close source', 'deadline', 'reset', 'none'] as const

test('TCPConn.sendFile() that is ended in any way at any time leaves nothing open', async () => {
  const next = random(20)
  const tally = { sent: 0, ended: 0 }
  const file = await open(folder.path)
  for (let i = 0; i < 150; i++) {
    const end = ends[Math.floor(next() * ends.length)]
    const relay = next() < 0.6
    const left = await Connected.dial()
    const right = await Connected.dial()
    const controller = new AbortController()
    const { signal } = controller
    const sent = relay ? right.c.sendFile(left.s, { signal }) : right.c.sendFile(file, { offset: 0, signal })
    const written = relay ? left.c.write(pattern(SIZE)).then(() => left.c.closeWrite()) : null
    const drained = (async () => {
      const p = Buffer.alloc(65536)
      while ((await right.s.read(p)) !== null);
    })()
    const others = Promise.allSettled([written, drained])
    for (let turns = Math.floor(next() * 12); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (end === 'abort') controller.abort()
    else if (end === 'close') void right.c.close()
    else if (end === 'close source') void left.s.close()
    else if (end === 'deadline') right.c.setWriteDeadline(Date.now())
    else if (end === 'reset') right.s.setLinger(0)
    if (end === 'reset') void right.s.close()
    const outcome = await sent.then(
      () => 'sent' as const,
      () => 'ended' as const,
    )
    tally[outcome]++
    if (end === 'none') expect(outcome).toBe('sent')
    await Promise.all([left[Symbol.asyncDispose](), right[Symbol.asyncDispose]()])
    await others
  }
  await file.close()
  // Both happen, or the test shows nothing.
  expect(Math.min(tally.sent, tally.ended)).toBeGreaterThan(5)
})
