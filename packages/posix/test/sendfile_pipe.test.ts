import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync } from '../src/index.ts'
import { Connected, readAll } from './connected.ts'
import { data, equal, Folder, rejection, SIZE } from './sent_file.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const folder = new Folder()
const { dir, path } = folder
afterAll(async () => {
  folder[Symbol.dispose]()
  await check()
})

/** Makes a FIFO's two ends: a pipe whose numbers are known here. */
function fifo(name: string): { reading: number; writing: number } {
  const path = join(dir, name)
  execFileSync('mkfifo', [path])
  const both = openSync(path, 'r+') // so that neither open waits for the other
  const ends = { reading: openSync(path, 'r'), writing: openSync(path, 'w') }
  closeSync(both)
  return ends
}

describe('TCPConn.sendFile() of a pipe', () => {
  test('sends what another program writes, to its end, and leaves the pipe’s mode', async () => {
    await using pair = await Connected.dial()
    const { reading, writing } = fifo('program')
    const flags = (fd: number): string =>
      /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? ''
    const before = flags(reading)
    const child = spawn('cat', [path], { stdio: ['ignore', writing, 'inherit'] })
    closeSync(writing)
    const received = readAll(pair.s)
    expect(await pair.c.sendFile(reading)).toBe(SIZE)
    expect(flags(reading)).toBe(before)
    closeSync(reading)
    await pair.c.closeWrite()
    equal(await received, data)
    if (child.exitCode === null) await once(child, 'exit')
  })

  test('waits for what is written late, stops at the length, and keeps its turn', async () => {
    await using pair = await Connected.dial()
    const { c, s } = pair
    const { reading, writing } = fifo('late')
    const sent = c.sendFile(reading, { length: 6 })
    const after = c.write(Buffer.from('!'))
    const p = Buffer.alloc(16)
    for (const word of ['abc', 'def']) {
      setImmediate(() => writeSync(writing, word))
      let got = ''
      while (got.length < 3)
        got += p.toString('latin1', 0, (await s.read(p.subarray(0, 3 - got.length))) ?? 0)
      expect(got).toBe(word)
    }
    expect(await sent).toBe(6)
    expect(await after).toBe(1)
    writeSync(writing, 'rest')
    expect(await c.sendFile(reading, { length: 4 })).toBe(4)
    closeSync(writing)
    expect(await c.sendFile(reading)).toBe(0)
    closeSync(reading)
    await c.closeWrite()
    expect((await readAll(s)).toString()).toBe('!rest')
  })

  test('an offset is refused, a deadline ends the wait', async () => {
    await using pair = await Connected.dial()
    const { reading, writing } = fifo('deadline')
    expect((await rejection(pair.c.sendFile(reading, { offset: 0 }))).code).toBe('ESPIPE')
    writeSync(writing, 'ab')
    const sending = rejection(pair.c.sendFile(reading))
    // What has been sent is there to be read before the deadline is set.
    await pair.s.read(new Uint8Array(2))
    pair.c.setWriteDeadline(Date.now() + 30)
    expect(await sending).toMatchObject({ timeout: true, n: 2 })
    pair.c.setWriteDeadline(null)
    // Many at once, each with a duplicate of the one pipe.
    const sent = Promise.all([1, 2, 3].map((length) => pair.c.sendFile(reading, { length })))
    writeSync(writing, 'cdefgh')
    expect(await sent).toEqual([1, 2, 3])
    closeSync(writing)
    closeSync(reading)
    await pair.c.closeWrite()
    expect((await readAll(pair.s)).toString()).toBe('cdefgh')
  })
})
