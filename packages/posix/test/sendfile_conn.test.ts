import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ErrClosed, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, listenTCPSync, listenUnixSync, posix, sendfileGroup, socketPair } from '../src/index.ts'
import { Connected, loopback, readAll } from './connected.ts'
import { data, equal, Folder, rejection, SIZE } from './sent_file.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const folder = new Folder()
const { dir, path } = folder
afterAll(async () => {
  folder[Symbol.dispose]()
  await check()
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
    const toUnix = u2.sendFile(tcp.s, { length: 4 })
    await tcp.c.write(Buffer.from('unix'))
    const four = Buffer.alloc(8)
    expect([await toUnix, await u1.read(four), four.toString('latin1', 0, 4)]).toEqual([4, 4, 'unix'])
    const hostListener = await hosted().listenTCP('tcp', loopback)
    const [h1, h2] = await Promise.all([
      hosted().dialTCP('tcp', null, hostListener.addr),
      hostListener.accept(),
    ])
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
    const silent = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        cancel: () => {
          cancelled++
        },
      })
    const late = rejection(pair.c.sendFile(silent()))
    pair.c.setWriteDeadline(Date.now() + 20)
    expect((await late).timeout).toBe(true)
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
  expect(await sendfileGroup.sendFile(p1, file, { offset: 4, length: 8 })).toBe(8)
  expect(await p2.read(p)).toBe(8)
  equal(p, data.subarray(4, 12))
  const listener = await hosted().listenTCP('tcp', loopback)
  const [h1, h2] = await Promise.all([hosted().dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  const received = readAll(h2)
  expect(await sendfileGroup.sendFile(h1, file)).toBe(SIZE)
  expect(await h1.sendFile(file, { offset: 1, length: 99_999 })).toBe(99_999)
  await h1.closeWrite()
  equal(await received, Buffer.concat([data, data.subarray(1, 100_000)]))
  for (const c of [p1, p2, h1, h2, file]) await c.close()
})
