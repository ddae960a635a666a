import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ErrClosed, ErrDeadlineExceeded, isErr, type FileSource } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync } from '../src/index.ts'
import { Connected, pattern, readAll } from './connected.ts'
import { data, equal, Folder, rejection, SIZE } from './sent_file.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const folder = new Folder()
const { dir, path } = folder
afterAll(async () => {
  folder[Symbol.dispose]()
  await check()
})

describe('TCPConn.sendFile() of a file', () => {
  test('sends all of it, by FileHandle and by number', async () => {
    for (const by of ['handle', 'number'] as const) {
      await using pair = await Connected.dial()
      const file = await open(path)
      const received = readAll(pair.s)
      expect(await pair.c.sendFile(by === 'handle' ? file : file.fd)).toBe(SIZE)
      await pair.c.closeWrite()
      equal(await received, data)
      await file.close()
    }
  })

  test.each([
    [0, 10],
    [100, 1_500_000],
    [SIZE - 5, 100],
    [SIZE, 1],
    [SIZE + 10, 1],
    [7, 0],
    [0, SIZE],
  ])('from offset %i at most %i bytes, and leaves the position of the file', async (offset, length) => {
    await using pair = await Connected.dial()
    const file = await open(path)
    const received = readAll(pair.s)
    const want = data.subarray(offset, offset + length)
    expect(await pair.c.sendFile(file, { offset, length })).toBe(want.byteLength)
    await pair.c.closeWrite()
    equal(await received, want)
    const first = Buffer.alloc(4)
    await file.read(first, 0, 4, null)
    equal(first, data.subarray(0, 4))
    await file.close()
  })

  test('without an offset goes on from the position of the file, in parts', async () => {
    await using pair = await Connected.dial()
    const file = await open(path)
    const received = readAll(pair.s)
    const skipped = Buffer.alloc(1000)
    await file.read(skipped, 0, 1000, null)
    expect(await pair.c.sendFile(file, { length: 2000 })).toBe(2000)
    expect(await pair.c.sendFile(file)).toBe(SIZE - 3000)
    expect(await pair.c.sendFile(file)).toBe(0) // at the end of the file
    await pair.c.closeWrite()
    equal(await received, data.subarray(1000))
    await file.close()
  })

  test('keeps its turn among writes', async () => {
    await using pair = await Connected.dial()
    const { c } = pair
    const file = await open(path)
    const received = readAll(pair.s)
    const before = pattern(500_000)
    await Promise.all([
      c.write(before),
      c.sendFile(file),
      c.write(Buffer.from('after')),
      c.sendFile(file, { offset: 2 }),
    ])
    await c.closeWrite()
    const want = Buffer.concat([before, data, Buffer.from('after'), data.subarray(2)])
    expect(Buffer.compare(await received, want)).toBe(0)
    await file.close()
  })

  test('goes on when the handle is closed meanwhile', async () => {
    await using pair = await Connected.dial()
    const file = await open(path)
    const sent = pair.c.sendFile(file)
    await file.close()
    const received = readAll(pair.s)
    expect(await sent).toBe(SIZE)
    await pair.c.closeWrite()
    equal(await received, data)
  })

  test('copies what sendfile(2) refuses: a file of /proc, a terminal’s kin', async () => {
    await using pair = await Connected.dial()
    const received = readAll(pair.s)
    const file = await open('/proc/self/status')
    const n = await pair.c.sendFile(file)
    expect(n).toBeGreaterThan(100)
    const zero = await open('/dev/zero')
    expect(await pair.c.sendFile(zero, { length: 100_000 })).toBe(100_000)
    await pair.c.closeWrite()
    const got = await received
    expect(got.subarray(0, 5).toString()).toBe('Name:')
    expect(got.byteLength).toBe(n + 100_000)
    expect(got.subarray(n).every((b) => b === 0)).toBe(true)
    await file.close()
    await zero.close()
  })

  test('is told what the system says of what is no file', async () => {
    await using pair = await Connected.dial()
    const { c } = pair
    const from = `readfrom tcp ${c.localAddr.toString()}->${c.remoteAddr.toString()}`
    expect(await rejection(c.sendFile(1_000_000))).toMatchObject({
      message: `${from}: dup: bad file descriptor`,
      op: 'readfrom',
      code: 'EBADF',
      n: 0,
    })
    const closed = await open(path)
    await closed.close()
    expect((await rejection(c.sendFile(closed))).code).toBe('EBADF')
    const folder = await open(dir)
    expect((await rejection(c.sendFile(folder))).code).toBe('EISDIR')
    await folder.close()
    const file = await open(path)
    for (const options of [
      { offset: -1 },
      { length: -1 },
      { offset: 0.5 },
      { length: NaN },
      { offset: Infinity },
    ]) {
      expect((await rejection(c.sendFile(file, options))).message).toBe(`${from}: sendfile: invalid argument`)
    }
    const write = await open(join(dir, 'write-only'), 'w')
    expect((await rejection(c.sendFile(write))).code).toBe('EBADF')
    await write.close()
    // The connection is as good as before.
    expect(await c.sendFile(file, { length: 3 })).toBe(3)
    const p = Buffer.alloc(4)
    expect(await pair.s.read(p)).toBe(3)
    await file.close()
  })

  test('a wrong kind of argument is a TypeError', async () => {
    await using pair = await Connected.dial()
    for (const wrong of ['path', null, {}, undefined, NaN, 1.5, new Uint8Array(2)]) {
      await expect(pair.c.sendFile(wrong as FileSource)).rejects.toThrow(TypeError)
    }
    await expect(pair.c.sendFile(0, { offset: '1' as never })).rejects.toThrow(TypeError)
    await expect(pair.c.sendFile(new Blob(['x']).stream(), { offset: 1 })).rejects.toThrow(TypeError)
  })

  test('a write deadline ends it with the bytes sent so far', async () => {
    await using pair = await Connected.dial()
    const file = await open('/dev/zero')
    const sending = rejection(pair.c.sendFile(file))
    pair.c.setWriteDeadline(Date.now() + 500)
    const e = await sending
    expect(isErr(e, ErrDeadlineExceeded)).toBe(true)
    expect(e.message).toMatch(/^readfrom tcp .*: i\/o timeout$/)
    expect(e.timeout).toBe(true)
    expect(e.n).toBeGreaterThan(0)
    pair.c.setWriteDeadline(Date.now() - 1000)
    expect(await rejection(pair.c.sendFile(file))).toMatchObject({ timeout: true, n: 0 })
    pair.c.setWriteDeadline(null)
    await pair.c.closeWrite()
    expect((await readAll(pair.s)).byteLength).toBe(e.n)
    await file.close()
  })

  test('a signal cancels it with its reason, and close with ErrClosed', async () => {
    await using pair = await Connected.dial()
    const file = await open('/dev/zero')
    const controller = new AbortController()
    const reason = { mine: true }
    const sent = pair.c.sendFile(file, { signal: controller.signal })
    setImmediate(() => {
      controller.abort(reason)
    })
    await expect(sent).rejects.toBe(reason)
    await expect(pair.c.sendFile(file, { signal: controller.signal })).rejects.toBe(reason)
    const closing = pair.c.sendFile(file)
    setImmediate(() => void pair.c.close())
    expect(isErr(await rejection(closing), ErrClosed)).toBe(true)
    expect(isErr(await rejection(pair.c.sendFile(file)), ErrClosed)).toBe(true)
    await file.close()
  })

  test('a peer that goes away ends it', async () => {
    await using pair = await Connected.dial()
    const file = await open('/dev/zero')
    const sent = pair.c.sendFile(file)
    pair.s.setLinger(0)
    await pair.s.close()
    const e = await rejection(sent)
    expect(['ECONNRESET', 'EPIPE']).toContain(e.code)
    expect(e.syscall).toBe('sendfile')
    await file.close()
  })

  test('lets other events have their turn', async () => {
    await using pair = await Connected.dial()
    const { c, s } = pair
    const received = readAll(s)
    let turns = 0
    let running = true
    const count = (): void => {
      turns++
      if (running) setImmediate(count)
    }
    count()
    const file = await open(path)
    expect(await c.sendFile(file)).toBe(SIZE)
    running = false
    expect(turns).toBeGreaterThanOrEqual(2)
    await c.closeWrite()
    await received
    await file.close()
  })
})
