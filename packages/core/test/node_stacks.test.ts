import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { toDuplex, type ConnDuplex } from '../src/node/index.ts'
import { connector } from '../src/web/index.ts'
import { stacks, type Stack } from './stacks.ts'

const body = randomBytes(8_000_000)

let balanced: () => Promise<void>

beforeAll(async () => {
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

/** Waits until a stream is closed, whatever its errors. */
async function gone(stream: Duplex): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

describe.each(stacks)('over %s', (name, open) => {
  const halfClose = !name.endsWith('/net')
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  /** A connection of the stack, and the kernel's end of it. */
  async function pair(): Promise<[TCPConn, TCPConn]> {
    await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
    return await Promise.all([stack.net.dial('tcp', l.addr.toString()), l.accept()])
  }

  test('8 MB that are written to toDuplex() and ended arrive whole', async () => {
    const [a, b] = await pair()
    const stream = toDuplex(a)
    const peer = toDuplex(b)
    const closed = once(stream, 'close')
    stream.end(body)
    expect((await buffer(peer)).equals(body)).toBe(true)
    expect(await closed).toEqual([false])
  })

  test('8 MB that come back through toDuplex() while it is ended arrive whole, or there is an error', async () => {
    const [a, b] = await pair()
    const stream = toDuplex(a)
    const peer = toDuplex(b)
    peer.on('error', () => {}).pipe(peer)
    stream.end(body)
    const got = await buffer(stream).catch((e: unknown) => e)
    if (halfClose) expect((got as Buffer).equals(body)).toBe(true)
    else expect(got).toMatchObject({ op: 'read', code: 'ECONNABORTED' })
    await Promise.all([stream, peer].map(gone))
  })

  test('a stream that is ended with something unread tells of it, or stays readable', async () => {
    const [a, b] = await pair()
    const stream = toDuplex(a)
    await b.write(Buffer.from('unread'))
    while (stream.readableLength === 0) await new Promise((resolve) => setImmediate(resolve))
    const told = once(stream, halfClose ? 'finish' : 'error')
    stream.end()
    if (halfClose) {
      await told
      expect(stream.read()).toEqual(Buffer.from('unread'))
      stream.destroy()
    } else {
      expect((await told)[0]).toMatchObject({ code: 'ECONNABORTED' })
    }
    await gone(stream)
    await b.close()
  })

  test('two streams that are both ended while they read are closed, and the end of neither is worse than cut', async () => {
    await using l = await stack.net.listen('tcp', '127.0.0.1:0')
    const conns = await Promise.all([stack.net.dial('tcp', l.addr.toString()), l.accept()])
    const [near, far] = conns.map((conn) => toDuplex(conn)) as [ConnDuplex, ConnDuplex]
    const errors: unknown[] = []
    for (const stream of [near, far]) stream.on('error', (e) => errors.push(e))
    const said: string[] = []
    far.on('data', (bytes) => {
      said.push(String(bytes))
      far.end('bye')
    })
    near.resume().end('hello')
    await Promise.all([near, far].map(gone))
    expect(said).toEqual(['hello'])
    if (halfClose) expect(errors).toEqual([])
    for (const e of errors) expect(e).toMatchObject({ code: 'ECONNABORTED' })
  })

  test('8 MB that are written to a web socket and closed arrive whole', async () => {
    await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
    const socket = connector(stack.net)(l.addr.toString())
    const peer = toDuplex(await l.accept())
    const writer = socket.writable.getWriter()
    const written = writer.write(body).then(() => writer.close())
    expect((await buffer(peer)).equals(body)).toBe(true)
    await written
    await socket.close()
  })

  test('8 MB that come back to a web socket while it is closed arrive whole, or there is an error', async () => {
    await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
    const socket = connector(stack.net)(l.addr.toString())
    const peer = toDuplex(await l.accept())
    peer.on('error', () => {}).pipe(peer)
    const writer = socket.writable.getWriter()
    const written = writer.write(body).then(() => writer.close())
    const got = await new Response(socket.readable).arrayBuffer().catch((e: unknown) => e)
    if (halfClose) expect(Buffer.from(got as ArrayBuffer).equals(body)).toBe(true)
    else expect(got).toMatchObject({ code: 'ECONNABORTED' })
    await written
    await socket.close()
    await gone(peer)
  })
})
