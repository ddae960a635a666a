import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ErrClosed, ErrDeadlineExceeded, isErr, OpError, type FileSource } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { hosted, listenTCPSync, listenUnixSync, posix, sendfile, socketPair } from '../src/index.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'

await listenTCPSync('tcp', null).close()
const check = ledger()
const dir = mkdtempSync(join(tmpdir(), 'net-sendfile-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const SIZE = 3_000_001 // bytes: more than a turn, and not a multiple of anything
const data = pattern(SIZE)
const path = join(dir, 'data')
writeFileSync(path, data)

function equal(got: Uint8Array, want: Uint8Array): void {
  expect(got.byteLength).toBe(want.byteLength)
  expect(Buffer.compare(got, want)).toBe(0)
}

async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

/** Makes a FIFO's two ends: a pipe whose numbers are known here. */
function fifo(name: string): { reading: number; writing: number } {
  const path = join(dir, name)
  execFileSync('mkfifo', [path])
  const both = openSync(path, 'r+') // so that neither open waits for the other
  const ends = { reading: openSync(path, 'r'), writing: openSync(path, 'w') }
  closeSync(both)
  return ends
}

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
    await Promise.all([c.write(before), c.sendFile(file), c.write(Buffer.from('after')), c.sendFile(file, { offset: 2 })])
    await c.closeWrite()
    equal(await received, Buffer.concat([before, data, Buffer.from('after'), data.subarray(2)]))
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
    for (const options of [{ offset: -1 }, { length: -1 }, { offset: 0.5 }, { length: NaN }, { offset: Infinity }]) {
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
      await expect(pair.c.sendFile(wrong as unknown as FileSource)).rejects.toThrow(TypeError)
    }
    await expect(pair.c.sendFile(0, { offset: '1' as unknown as number })).rejects.toThrow(TypeError)
    await expect(pair.c.sendFile(new Blob(['x']).stream(), { offset: 1 })).rejects.toThrow(TypeError)
  })

  test('a write deadline ends it with the bytes sent so far', async () => {
    await using pair = await Connected.dial()
    const file = await open('/dev/zero')
    pair.c.setWriteDeadline(Date.now() + 100)
    const e = await rejection(pair.c.sendFile(file))
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

describe('TCPConn.sendFile() of a pipe', () => {
  test('sends what another program writes, to its end, and leaves the pipe’s mode', async () => {
    await using pair = await Connected.dial()
    const { reading, writing } = fifo('program')
    const flags = (fd: number): string => /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? ''
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
      while (got.length < 3) got += p.toString('latin1', 0, (await s.read(p.subarray(0, 3 - got.length))) ?? 0)
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
    pair.c.setWriteDeadline(Date.now() + 30)
    writeSync(writing, 'ab')
    expect(await rejection(pair.c.sendFile(reading))).toMatchObject({ timeout: true, n: 2 })
    pair.c.setWriteDeadline(null)
    // Many at once, each with a duplicate of the one pipe.
    const sent = Promise.all([1, 2, 3].map((length) => pair.c.sendFile(reading, { length })))
    writeSync(writing, 'cdefgh')
    expect(await sent).toEqual([1, 2, 3])
    closeSync(writing)
    closeSync(reading)
    await pair.c.closeWrite()
    expect((await readAll(pair.s)).toString()).toBe('abcdefgh')
  })
})

describe('TCPConn.sendFile() of a connection', () => {
  test('relays all that comes, in both directions at once', async () => {
    await using left = await Connected.dial()
    await using right = await Connected.dial()
    const relayed = Promise.all([right.c.sendFile(left.s), left.s.sendFile(right.c)])
    const other = data.slice().reverse()
    const ends = Promise.all([readAll(right.s), readAll(left.c)])
    const writes = async (): Promise<void> => {
      await left.c.write(data)
      await left.c.closeWrite()
    }
    const answers = async (): Promise<void> => {
      await right.s.write(other)
      await right.s.closeWrite()
    }
    await Promise.all([writes(), answers()])
    expect(await relayed).toEqual([SIZE, SIZE])
    await Promise.all([right.c.closeWrite(), left.s.closeWrite()])
    const [there, back] = await ends
    equal(there, data)
    equal(back, other)
  })

  test('takes no more than the length, and keeps the turns of reads', async () => {
    await using left = await Connected.dial()
    await using right = await Connected.dial()
    const p = Buffer.alloc(2)
    const q = Buffer.alloc(16)
    const first = left.s.read(p)
    const sent = right.c.sendFile(left.s, { length: 5 })
    const last = left.s.read(q)
    await left.c.write(Buffer.from('abcdefghij'))
    expect([await first, p.toString()]).toEqual([2, 'ab'])
    expect(await sent).toBe(5)
    const n = (await last) ?? 0
    expect(q.toString('latin1', 0, n)).toBe('hij')
    await right.c.closeWrite()
    expect((await readAll(right.s)).toString()).toBe('cdefg')
  })

  test('of Unix streams, of a connection of the host, and of a socket by its number', async () => {
    const listener = listenUnixSync('unix', new UnixAddr(join(dir, 'unix'), 'unix'))
    const [u1, u2] = await Promise.all([posix().dialUnix('unix', null, listener.addr), listener.accept()])
    await listener.close()
    await using tcp = await Connected.dial()
    const hostListener = await hosted().listenTCP('tcp', loopback)
    const [h1, h2] = await Promise.all([hosted().dialTCP('tcp', null, hostListener.addr), hostListener.accept()])
    await hostListener.close()
    const received = readAll(tcp.s)

    const fromUnix = tcp.c.sendFile(u2)
    await u1.write(data)
    await u1.closeWrite()
    expect(await fromUnix).toBe(SIZE)

    const fromHost = tcp.c.sendFile(h2)
    await h1.write(data.subarray(0, 70_000))
    await h1.closeWrite()
    expect(await fromHost).toBe(70_000)

    const [p1, p2] = socketPair()
    const f = await p2.file()
    const fromNumber = tcp.c.sendFile(f.fd, { length: 4 })
    await p1.write(Buffer.from('four and more'))
    expect(await fromNumber).toBe(4)

    await tcp.c.closeWrite()
    equal(await received, Buffer.concat([data, data.subarray(0, 70_000), Buffer.from('four')]))
    for (const c of [u1, u2, h1, h2, p1, p2, f]) await c.close()
  })

  test('a source that is closed, or times out, ends it', async () => {
    await using left = await Connected.dial()
    await using right = await Connected.dial()
    left.s.setReadDeadline(Date.now() + 20)
    const late = await rejection(right.c.sendFile(left.s))
    expect(late).toMatchObject({ op: 'readfrom', timeout: true, n: 0 })
    expect(late.cause).toMatchObject({ op: 'read' })
    left.s.setReadDeadline(null)
    const ended = right.c.sendFile(left.s)
    await left.c.write(Buffer.from('abc'))
    const p = Buffer.alloc(8)
    expect(await right.s.read(p)).toBe(3)
    await left.s.close()
    const e = await rejection(ended)
    expect(isErr(e, ErrClosed)).toBe(true)
    expect(e.n).toBe(3)
    expect(await right.c.write(p)).toBe(8)
  })

  test('a cancelled one gives the source back', async () => {
    await using left = await Connected.dial()
    await using right = await Connected.dial()
    const controller = new AbortController()
    const sent = right.c.sendFile(left.s, { signal: controller.signal })
    setImmediate(() => {
      controller.abort('enough')
    })
    await expect(sent).rejects.toBe('enough')
    await left.c.write(Buffer.from('for the next'))
    const p = Buffer.alloc(32)
    expect(await left.s.read(p)).toBe(12)
  })
})

describe('TCPConn.sendFile() of a stream', () => {
  test('copies a ReadableStream and an AsyncIterable, up to the length', async () => {
    await using pair = await Connected.dial()
    const { c, s } = pair
    const received = readAll(s)
    let returned = 0
    async function* parts(): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; i < SIZE; i += 70_000) {
          yield data.subarray(i, i + 70_000)
          yield new Uint8Array()
          await Promise.resolve()
        }
      } finally {
        returned++
      }
    }
    expect(await c.sendFile(new Blob([data.slice()]).stream())).toBe(SIZE)
    expect(await c.sendFile(parts())).toBe(SIZE)
    expect(await c.sendFile(parts(), { length: 100_001 })).toBe(100_001)
    await c.closeWrite()
    equal(await received, Buffer.concat([data, data, data.subarray(0, 100_001)]))
    expect(returned).toBe(2)
  })

  test('what the source throws is the cause, with the bytes sent before', async () => {
    await using pair = await Connected.dial()
    const fault = new RangeError('mine')
    const failing = (async function* () {
      yield Uint8Array.of(1, 2, 3)
      await Promise.resolve()
      throw fault
    })()
    const e = await rejection(pair.c.sendFile(failing))
    expect(e.cause).toBe(fault)
    expect(e.n).toBe(3)
    const words = ['text'] as unknown as Uint8Array[]
    const texts = (async function* () {
      await Promise.resolve()
      yield* words
    })()
    expect((await rejection(pair.c.sendFile(texts))).cause).toBeInstanceOf(TypeError)
  })

  test('close and deadlines end the wait for a source that gives nothing, and cancel it', async () => {
    await using pair = await Connected.dial()
    let cancelled = 0
    const silent = (): ReadableStream<Uint8Array> => new ReadableStream({ cancel: () => void cancelled++ })
    pair.c.setWriteDeadline(Date.now() + 20)
    expect((await rejection(pair.c.sendFile(silent()))).timeout).toBe(true)
    expect(cancelled).toBe(1)
    pair.c.setWriteDeadline(null)
    const sent = pair.c.sendFile(silent())
    void pair.c.close()
    expect(isErr(await rejection(sent), ErrClosed)).toBe(true)
    expect(cancelled).toBe(2)
  })
})

test('sendfile.sendFile() serves Unix streams, and copies to connections of others', async () => {
  const [p1, p2] = socketPair()
  const file = await open(path)
  const p = Buffer.alloc(8)
  expect(await sendfile.sendFile(p1, file, { offset: 4, length: 8 })).toBe(8)
  expect(await p2.read(p)).toBe(8)
  equal(p, data.subarray(4, 12))
  const listener = await hosted().listenTCP('tcp', loopback)
  const [h1, h2] = await Promise.all([hosted().dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  const received = readAll(h2)
  expect(await sendfile.sendFile(h1, file)).toBe(SIZE)
  expect(await h1.sendFile(file, { offset: 1, length: 99_999 })).toBe(99_999)
  await h1.closeWrite()
  equal(await received, Buffer.concat([data, data.subarray(1, 100_000)]))
  for (const c of [p1, p2, h1, h2, file]) await c.close()
})
