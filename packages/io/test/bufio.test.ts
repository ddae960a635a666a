import { ErrTooLong, ErrUnexpectedEOF, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '../src/leak.ts'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BufReader, copy, limitReader, readFull, type Reader } from '../src/bufio/index.ts'
import type { MemoryConn } from './memory/conn.ts'
import { memoryPair } from './memory/conn.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (p: Uint8Array | null): string => new TextDecoder().decode(p ?? new Uint8Array())

const same = ledger(keepLeaks())
afterAll(same)

let here: MemoryConn
let there: MemoryConn
beforeEach(() => {
  ;[here, there] = memoryPair()
})
afterEach(() => Promise.all([here.close(), there.close()]))

/** Sends a text and then the end. */
async function send(said: string): Promise<void> {
  await there.write(bytes(said))
  await there.closeWrite()
}

/** A reader that gives a text in pieces of the sizes given, one after another, and then again. */
function inPieces(said: string, sizes: readonly number[]): Reader {
  let left = bytes(said)
  let i = 0
  return {
    read: async (p) => {
      if (left.byteLength === 0) return null
      const piece = left.subarray(0, Math.min(p.byteLength, sizes[i++ % sizes.length] ?? 1))
      left = left.subarray(piece.byteLength)
      p.set(piece)
      return piece.byteLength
    },
  }
}

describe('readFull()', () => {
  test('fills the buffer from as many reads as it takes, and reads no further', async () => {
    const p = new Uint8Array(5)
    const whole = readFull(here, p)
    await there.write(bytes('he'))
    await there.write(bytes('llo, you'))
    expect(await whole).toBe(5)
    expect(text(p)).toBe('hello')
    expect(await here.read(p)).toBe(5)
    expect(text(p)).toBe(', you')
  })

  test('gives null at the end, and an error with what came when the end is in between', async () => {
    const whole = readFull(here, new Uint8Array(4))
    await send('abc')
    const e: unknown = await whole.catch((reason: unknown) => reason)
    expect(e).toMatchObject({
      n: 3,
      message: expect.stringMatching(/^read memory .*: unexpected EOF$/) as string,
    })
    expect(isErr(e, ErrUnexpectedEOF)).toBe(true)
    expect(await readFull(here, new Uint8Array(4))).toBeNull()
  })

  test('is ended by its signal, with the reason unchanged', async () => {
    const abort = new AbortController()
    const whole = readFull(here, new Uint8Array(4), { signal: abort.signal })
    const reason = Symbol('why')
    abort.abort(reason)
    await expect(whole).rejects.toBe(reason)
  })
})

describe('limitReader()', () => {
  test('ends after its bytes and leaves the rest', async () => {
    await send('head and body')
    const head = limitReader(here, 4)
    expect(text(await new BufReader(head).readUntil(0))).toBe('head')
    expect(await head.read(new Uint8Array(1))).toBeNull()
    expect(await new BufReader(here).readLine()).toBe(' and body')
  })

  test('counts what was read, not what was asked for', async () => {
    await send('abcdef')
    const limited = limitReader(inPieces('abcdef', [1]), 3)
    const p = new Uint8Array(64)
    expect([
      await limited.read(p),
      await limited.read(p),
      await limited.read(p),
      await limited.read(p),
    ]).toEqual([1, 1, 1, null])
  })

  test('throws a TypeError for what is no limit', () => {
    expect(() => limitReader(here, -1)).toThrow(TypeError)
    expect(() => limitReader(here, NaN)).toThrow(TypeError)
  })
})

describe('copy()', () => {
  test('copies to the end, waits for a slow writer, and tells of each write', async () => {
    const [from, to] = memoryPair()
    const told: number[] = []
    const copying = copy(from, here, { progress: (n) => told.push(n) })
    const size = 1_000_000
    const sent = there.write(new Uint8Array(size).fill(7)).then(() => there.closeWrite())
    const p = new Uint8Array(10_000)
    for (let left = size; left > 0;) {
      const got = (await to.read(p)) ?? 0
      left -= got
      expect(p.subarray(0, got).every((byte) => byte === 7)).toBe(true)
    }
    await sent
    expect(await copying).toBe(size)
    expect(told.at(-1)).toBe(size)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    await Promise.all([from.close(), to.close()])
  })

  test('fails with what the progress throws, and is ended by its signal', async () => {
    const sink = { write: async (p: Uint8Array) => p.byteLength }
    await there.write(bytes('some'))
    const enough = new Error('enough')
    const stop = (): void => {
      throw enough
    }
    await expect(copy(sink, here, { progress: stop })).rejects.toBe(enough)
    const abort = new AbortController()
    const waiting = copy(sink, here, { signal: abort.signal })
    abort.abort('why')
    await expect(waiting).rejects.toBe('why')
  })
})

describe('BufReader', () => {
  test('looks ahead, and reads the same again', async () => {
    await send('hello there')
    const reader = new BufReader(here, 4)
    expect(text(await reader.peek(8))).toBe('hello th')
    expect(reader.buffered).toBeGreaterThanOrEqual(8)
    const p = new Uint8Array(64)
    expect(await readFull(reader, p.subarray(0, 11))).toBe(11)
    expect(text(p.subarray(0, 11))).toBe('hello there')
    expect(text(await reader.peek(1))).toBe('')
    expect(await reader.read(p)).toBeNull()
  })

  test('takes bytes back, also more than there is room for', async () => {
    await send('b')
    const reader = new BufReader(here, 1)
    reader.unread(bytes('a'.repeat(1000)))
    const line = reader.readLine()
    expect(() => reader.unread(bytes('x'))).toThrow('bytes are put back while a read is pending')
    expect(await line).toBe(`${'a'.repeat(1000)}b`)
    reader.unread(bytes('c\n'))
    expect(await reader.readLine()).toBe('c')
    expect(await reader.readLine()).toBeNull()
  })

  test('reads lines of either end, the last of which may have none', async () => {
    await send('one\r\n\ntwo\rhalf\nthree')
    const lines: string[] = []
    for await (const line of new BufReader(here).lines()) lines.push(line)
    expect(lines).toEqual(['one', '', 'two\rhalf', 'three'])
  })

  test('refuses a line beyond its limit, and leaves it to be read', async () => {
    await send('12345\n12345678\n')
    const reader = new BufReader(here)
    expect(await reader.readLine({ limit: 6 })).toBe('12345')
    const e: unknown = await reader.readLine({ limit: 6 }).catch((reason: unknown) => reason)
    expect(isErr(e, ErrTooLong)).toBe(true)
    expect(await reader.readLine()).toBe('12345678')
  })

  test('loses nothing to a signal, and serves its calls in their order', async () => {
    const reader = new BufReader(here)
    const abort = new AbortController()
    const first = reader.readUntil(bytes('\r\n'), { signal: abort.signal })
    const second = reader.readLine({ signal: abort.signal })
    const third = reader.readLine()
    await there.write(bytes('he'))
    await expect.poll(() => reader.buffered).toBe(2)
    abort.abort('why')
    await expect(first).rejects.toBe('why')
    await expect(second).rejects.toBe('why')
    await there.write(bytes('llo\r\n'))
    expect(await third).toBe('hello')
  })

  test('throws a TypeError for what is no size, number or delimiter', async () => {
    expect(() => new BufReader(here, 0)).toThrow(TypeError)
    const reader = new BufReader(here)
    await expect(reader.peek(-1)).rejects.toThrow(TypeError)
    await expect(reader.readUntil(new Uint8Array())).rejects.toThrow('the delimiter is empty')
  })

  test('finds every delimiter, however the bytes come', async () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
    const parts = fc.array(fc.stringMatching(/^[ab\r]{0,12}$/), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(parts, pieces, fc.integer({ min: 1, max: 8 }), async (all, sizes, size) => {
        const said = all.join('\r\n')
        const reader = new BufReader(inPieces(said, sizes), size)
        const found: string[] = []
        const next = (): Promise<Uint8Array | null> => reader.readUntil(bytes('\r\n'))
        for (let part = await next(); part !== null; part = await next()) found.push(text(part))
        expect(found.join('')).toBe(said)
        for (const [i, part] of found.entries()) {
          expect(part.indexOf('\r\n')).toBe(
            i < found.length - 1 || part.endsWith('\r\n') ? part.length - 2 : -1,
          )
        }
      }),
    )
  })
})
