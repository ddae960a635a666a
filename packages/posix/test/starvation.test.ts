import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix } from '../src/index.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const CLIENTS = 2000

test('a listener of a program started with 64 descriptors sleeps when they are used up, drops no connection and accepts again when one is free', async () => {
  const limited = ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, 'starved.mjs']
  const child = spawn('/bin/sh', limited, {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const say = async (word: string): Promise<number> => {
    child.stdin.write(`${word}\n`)
    return Number((await lines.next()).value)
  }
  const port = await say('port')
  const target = posix()
  const clients: TCPConn[] = []
  for (let i = 0; i < CLIENTS; i++) {
    clients.push(await target.dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), port)))
  }
  // It holds what it could accept, and its processor time does not grow while it is starved.
  const held = await say('held')
  expect(held).toBeGreaterThan(10)
  expect(held).toBeLessThan(64)
  const before = await say('cpu')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const used = (await say('cpu')) - before
  expect(used / 1500).toBeLessThan(0.1) // of a processor
  // Each connection gets its answer once the ones before it go: none was dropped.
  child.stdin.write('serve\n')
  const p = new Uint8Array(1)
  await Promise.all(
    clients.map(async (c) => {
      await c.write(Uint8Array.of(7))
      expect(await c.read(p)).toBe(1)
      expect(p[0]).toBe(7)
      await c.close()
    }),
  )
  const exit = once(child, 'exit')
  child.stdin.end()
  expect(await exit).toEqual([0, null])
})
