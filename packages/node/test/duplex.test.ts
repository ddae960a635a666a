import { once } from 'node:events'
import { Socket } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import type { Conn, TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toDuplex, type ConnDuplex } from '../src/index.ts'
import { loopback, pairOf, targets } from './pair.ts'

let check: () => Promise<void>
beforeAll(async () => {
  for (const target of targets) await (await target.listenTCP('tcp', loopback)).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const events = ['end', 'finish', 'error', 'close'] as const

/** Writes down the events of a stream as they come. */
function heard(stream: ConnDuplex): unknown[] {
  const list: unknown[] = []
  for (const event of events)
    stream.on(event, (x: unknown) => list.push(event === 'close' ? [event, x] : event))
  return list
}

/** A connection as it is, but for half-close, which it does not have. */
function withoutHalfClose(conn: TCPConn): Conn {
  return new Proxy<Conn>(conn, {
    has: (_conn, name) => name !== 'closeWrite' && name in conn,
    get: (_conn, name) => {
      const value: unknown = name === 'closeWrite' ? undefined : Reflect.get(conn, name)
      return typeof value === 'function' ? (value.bind(conn) as unknown) : value
    },
  })
}

describe.each(targets)('toDuplex() over $name', (target) => {
  test("closes after the peer's end, as net.Socket does", async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const list = heard(stream)
    stream.resume()
    await b.closeWrite()
    await once(stream, 'close')
    expect(list).toEqual(['end', 'finish', ['close', false]])
    expect(await b.read(new Uint8Array(1))).toBe(null)
    await b.close()
  })

  test('says by its connect() that it stands, as clients expect that are given a stream', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    await new Promise<void>((resolve) => stream.connect(1, 'anywhere', resolve))
    expect(stream.remotePort).toBe(a.remoteAddr.port)
    const closed = once(stream, 'close')
    stream.destroy()
    await closed
    await b.close()
  })

  test('closes so without a reader, too', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const list = heard(stream)
    await b.close()
    await once(stream, 'close')
    expect(list).toEqual(['end', 'finish', ['close', false]])
  })

  test('sends what was written before the peer ended', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const bytes = Buffer.alloc(4 << 20, 'x')
    stream.write(bytes)
    stream.resume()
    await b.closeWrite()
    expect((await buffer(toDuplex(b))).equals(bytes)).toBe(true)
    if (!stream.closed) await once(stream, 'close')
  })

  test('stays writable with allowHalfOpen', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a, { allowHalfOpen: true })
    const ended = once(stream.resume(), 'end')
    await b.closeWrite()
    await ended
    expect([stream.readyState, stream.destroyed]).toEqual(['writeOnly', false])
    stream.end('answer')
    expect(await text(toDuplex(b))).toBe('answer')
    if (!stream.closed) await once(stream, 'close')
  })

  test("tells of an error in 'close'", async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const list = heard(stream)
    stream.destroy(new Error('enough'))
    await new Promise((resolve) => stream.once('close', resolve))
    expect(list).toEqual(['error', ['close', true]])
    await b.close()
  })

  test('has the properties of net.Socket', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const { port } = a.localAddr
    expect(stream.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port })
    expect(stream).toMatchObject({
      localFamily: 'IPv4',
      localPort: port,
      readyState: 'open',
      timeout: undefined,
    })
    expect(stream).toMatchObject({ connecting: false, pending: false, bytesRead: 0, bytesWritten: 0 })
    stream.write('12345')
    expect(stream.bytesWritten).toBe(5)
    stream.write('678')
    expect(stream.bytesWritten).toBe(8)
    await b.write(Buffer.from('abc'))
    const [got] = (await once(stream, 'data')) as [Buffer]
    expect([got.toString(), stream.bytesRead]).toEqual(['abc', 3])
    stream.end()
    await once(stream, 'finish')
    expect([stream.readyState, stream.bytesWritten]).toEqual(['readOnly', 8])
    stream.destroy()
    await once(stream, 'close')
    expect(stream).toMatchObject({ readyState: 'closed', pending: true, bytesRead: 3, bytesWritten: 8 })
    expect(stream.address()).toEqual({})
    await b.close()
  })

  test('setTimeout() checks its arguments as net.Socket does', async () => {
    const [a, b] = await pairOf(target)
    const [stream, theirs] = [toDuplex(a), new Socket()]
    const outcome = (socket: Pick<Socket, 'setTimeout'>, ms: unknown): unknown => {
      try {
        socket.setTimeout(ms as number)
        return 'taken'
      } catch (e) {
        return [e instanceof RangeError, (e as NodeJS.ErrnoException).code]
      }
    }
    const warned: string[] = []
    const warn = (e: Error): unknown => warned.push(e.name)
    process.on('warning', warn)
    for (const ms of [0, 1.5, 60_000, 2 ** 31, 2 ** 40, -1, NaN, Infinity, '10', null, undefined, 10n]) {
      expect(outcome(stream as unknown as Socket, ms), String(ms)).toEqual(outcome(theirs, ms))
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warn)
    expect(warned).toEqual(Array.from({ length: 4 }, () => 'TimeoutOverflowWarning'))
    stream.setTimeout(0)
    theirs.destroy()
    stream.destroy()
    await once(stream, 'close')
    await b.close()
  })

  test('setTimeout() counts from the last traffic, and 0 takes it back', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    await new Promise<void>((resolve) => stream.setTimeout(1, resolve))
    expect(stream.timeout).toBe(1)
    const again = once(stream, 'timeout')
    stream.write('x') // traffic, after which it counts again
    await again
    stream.setTimeout(0)
    expect(stream.timeout).toBe(0)
    stream.destroy()
    await once(stream, 'close')
    await b.close()
  })

  test('has setters that do nothing once it is destroyed', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    stream.destroy()
    for (let i = 0; i < 2; i++) {
      expect(stream.setNoDelay().setKeepAlive(true, 1000).setTimeout(NaN).ref().unref()).toBe(stream)
      if (i === 0) await once(stream, 'close')
    }
    expect(stream.resetAndDestroy()).toBe(stream)
    await b.close()
  })

  test('destroySoon() lets what was written go first', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(a)
    const bytes = Buffer.alloc(4 << 20, 'x')
    stream.write(bytes)
    stream.destroySoon()
    expect((await buffer(toDuplex(b))).equals(bytes)).toBe(true)
    if (!stream.closed) await once(stream, 'close')
    stream.destroySoon()
  })

  test('reports a reader whose stream is cut, as there is no half-close', async () => {
    const [a, b] = await pairOf(target)
    const stream = toDuplex(withoutHalfClose(a))
    const list = heard(stream)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.resume()
    stream.end('question')
    const [e] = (await once(stream, 'error')) as [Error]
    expect(e).toMatchObject({ op: 'read', code: 'ECONNABORTED' })
    expect(e.message).toMatch(/: the connection was closed to end it, as it has no half-close$/)
    await closed
    expect(list).toEqual(['finish', 'error', ['close', true]])
    expect(await text(toDuplex(b))).toBe('question')
  })

  test('closes quietly there when nobody reads, or the peer has ended', async () => {
    for (const reads of [false, true]) {
      const [a, b] = await pairOf(target)
      const stream = toDuplex(withoutHalfClose(a))
      if (reads) {
        const ended = once(stream.resume(), 'end')
        await b.closeWrite()
        await ended
      }
      stream.end()
      const [hadError] = (await once(stream, 'close')) as [boolean]
      expect(hadError).toBe(false)
      expect(await b.read(new Uint8Array(1))).toBe(null)
      await b.close()
    }
  })
})

test('resetAndDestroy() shows the peer a reset', async () => {
  const [target] = targets
  if (target === undefined) throw new Error('no target')
  const [a, b] = await pairOf(target)
  const stream = toDuplex(a)
  stream.resetAndDestroy()
  await once(stream, 'close')
  await expect(b.read(new Uint8Array(1))).rejects.toMatchObject({ code: 'ECONNRESET' })
  await b.close()
})
