import { afterAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { ErrClosed, ErrDeadlineExceeded, isErr, OpError, type TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, listenTCPSync, socketPair, tcpInfo } from '../src/index.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const text = (s: string): Uint8Array => Buffer.from(s)

test('TCPConn.writev() writes all buffers, in order, in one segment', async () => {
  await using pair = await Connected.dial()
  const before = tcpInfo(pair.c).dataSegmentsOut ?? NaN
  expect(await pair.c.writev([text('HTTP/1.1 '), new Uint8Array(), text('200'), text(' OK')])).toBe(15)
  const p = Buffer.alloc(64)
  expect(await pair.s.read(p)).toBe(15)
  expect(p.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK')
  expect(tcpInfo(pair.c).dataSegmentsOut).toBe(before + 1)
})

test('TCPConn.writev() of nothing writes nothing', async () => {
  await using pair = await Connected.dial()
  expect(await pair.c.writev([])).toBe(0)
  expect(await pair.c.writev([new Uint8Array(), new Uint8Array()])).toBe(0)
})

test('TCPConn.writev() takes more buffers than one call, and more bytes than the socket', async () => {
  await using pair = await Connected.dial()
  const data = pattern(8_000_003)
  const buffers: Uint8Array[] = []
  for (let i = 0; i < data.byteLength; i += 2500) buffers.push(data.subarray(i, i + 2500))
  expect(buffers.length).toBeGreaterThan(3 * 1024)
  const written = pair.c.writev(buffers)
  buffers.length = 0 // the array stays the caller's
  const after = pair.c.write(text('after'))
  const received = readAll(pair.s)
  expect(await written).toBe(data.byteLength)
  expect(await after).toBe(5)
  await pair.c.closeWrite()
  expect(Buffer.compare(await received, Buffer.concat([data, text('after')]))).toBe(0)
})

test('TCPConn.writev() gives the bytes that went with its errors, and the connection stays usable', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const big = [new Uint8Array(20_000_000), new Uint8Array(20_000_000)]
  const writing = c.writev(big).catch((e: unknown) => e)
  c.setWriteDeadline(Date.now() + 50)
  const e: unknown = await writing
  expect(e).toBeInstanceOf(OpError)
  expect(e).toMatchObject({ op: 'writev', timeout: true })
  expect(isErr(e, ErrDeadlineExceeded)).toBe(true)
  const { n = 0 } = e as OpError
  expect(n).toBeGreaterThan(0)
  expect(n).toBeLessThan(40_000_000)
  c.setWriteDeadline(null)
  const received = readAll(s)
  expect(await c.writev([text('a'), text('b')])).toBe(2)
  await c.closeWrite()
  expect((await received).byteLength).toBe(n + 2)
  const at = `writev tcp ${c.localAddr.toString()}->${c.remoteAddr.toString()}`
  await expect(c.writev([text('x')])).rejects.toMatchObject({ message: `${at}: writev: broken pipe`, n: 0 })
  await c.close()
  const closed: unknown = await c.writev([text('x')]).catch((e: unknown) => e)
  expect(isErr(closed, ErrClosed)).toBe(true)
})

test('TCPConn.writev() is cancelled by its signal with its reason', async () => {
  await using pair = await Connected.dial()
  const controller = new AbortController()
  const written = pair.c.writev([new Uint8Array(50_000_000)], { signal: controller.signal })
  setImmediate(() => {
    controller.abort('enough')
  })
  await expect(written).rejects.toBe('enough')
})

test('TCPConn.writev() rejects what is no array of buffers with a TypeError', async () => {
  await using pair = await Connected.dial()
  for (const wrong of ['text', [1], null, ['text'], new Uint8Array(4), [new ArrayBuffer(4)]]) {
    await expect(pair.c.writev(wrong as unknown as Uint8Array[])).rejects.toThrow(TypeError)
  }
})

async function pairOfHost(): Promise<[TCPConn, TCPConn]> {
  const listener = await hosted().listenTCP('tcp', loopback)
  const pair = await Promise.all([hosted().dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  return pair
}

test('TCPConn.writev() of any split of some bytes gives these bytes, on the kernel and on the host', async () => {
  await using kernel = await Connected.dial()
  const [h1, h2] = await pairOfHost()
  const ends: [TCPConn, TCPConn][] = [
    [kernel.c, kernel.s],
    [h1, h2],
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 }), async (buffers) => {
      const want = Buffer.concat(buffers)
      for (const [from, to] of ends) {
        expect(await from.writev(buffers)).toBe(want.byteLength)
        const got = Buffer.alloc(want.byteLength)
        for (let n = 0; n < got.byteLength;) n += (await to.read(got.subarray(n))) ?? NaN
        expect(got).toEqual(want)
      }
    }),
    { numRuns: 50 },
  )
  await Promise.all([h1.close(), h2.close()])
})

test('UnixConn.writev() writes a stream’s bytes, and one packet or record of the other kinds', async () => {
  for (const network of ['unix', 'unixgram', 'unixpacket'] as const) {
    const [a, b] = socketPair(network)
    expect(await a.writev([text('one '), text('packet')])).toBe(10)
    expect(await a.write(text('!'))).toBe(1)
    const p = Buffer.alloc(64)
    const n = (await b.read(p)) ?? 0
    expect(p.toString('latin1', 0, n)).toBe(network === 'unix' ? 'one packet!' : 'one packet')
    await Promise.all([a.close(), b.close()])
  }
})
