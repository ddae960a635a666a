import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import { type ByteStreams, ErrClosed, type HalfCloser, isErr, OpError } from '@net/contract'
import { ledger, testConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromDuplex, toDuplex } from '../src/index.ts'
import { pairOf, targets } from './pair.ts'

let check: () => Promise<void>
beforeAll(async () => {
  // The first of each may open what lives as long as the process.
  await Promise.all((await sockets()).map(gone))
  await Promise.all((await pairOf(kernel())).map((conn) => conn.close()))
  check = ledger(keepLeaks())
})
afterAll(() => check())

/** Both ends of a connection of node:net. */
async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const [peer] = await accepted
  server.close()
  return [socket, peer]
}

async function gone(stream: Duplex): Promise<void> {
  const closed = once(stream, 'close')
  stream.destroy()
  await closed
}

async function duplexes(): Promise<[Duplex, Duplex]> {
  const [a, b] = await pairOf(kernel())
  return [toDuplex(a), toDuplex(b)]
}

type StreamConn = HalfCloser & ByteStreams

describe.each([
  ['net.Socket', sockets, 'tcp', true],
  ['toDuplex()', duplexes, 'tcp', false],
] as const)('fromDuplex() of %s', (label, make, network, liveness) => {
  testConn(
    { test },
    async () => {
      const [a, b] = await make()
      const [c1, c2] = [fromDuplex(a), fromDuplex(b)]
      return {
        c1,
        c2,
        stop: async () => {
          await Promise.all([c1.close(), c2.close()])
        },
      }
    },
    {
      label: `fromDuplex() of ${label}`,
      kind: 'stream',
      network,
      halfClose: true,
      byteStreams: true,
      ...(liveness && {
        liveness: {
          cwd: import.meta.dirname,
          script: `
            import { once } from 'node:events'
            import { connect, createServer } from 'node:net'
            import { fromDuplex } from '@net/node'
            const server = createServer().listen(0, '127.0.0.1')
            await once(server, 'listening')
            const accepted = once(server, 'connection')
            const socket = connect(server.address().port, '127.0.0.1')
            await once(socket, 'connect')
            const [peer] = await accepted
            server.close()
            const [c1, c2] = [fromDuplex(socket), fromDuplex(peer)]`,
        },
      }),
    },
  )
})

function kernel(): (typeof targets)[number] {
  const [target] = targets
  if (target === undefined) throw new Error('no target')
  return target
}

describe('fromDuplex()', () => {
  test('has the addresses of the socket, or those it is told', async () => {
    const [a, b] = await sockets()
    const { localPort = 0, remotePort = 0 } = a
    const conn = fromDuplex(a)
    expect([conn.localAddr.network, conn.localAddr.toString()]).toEqual(['tcp', `127.0.0.1:${localPort}`])
    expect(conn.remoteAddr.toString()).toBe(`127.0.0.1:${remotePort}`)
    const told = { network: 'mine', toString: () => 'over there' }
    const other = fromDuplex(b, { remoteAddr: told })
    expect(other.remoteAddr).toBe(told)
    await Promise.all([conn.close(), other.close()])
    expect(conn.localAddr.toString()).toBe(`127.0.0.1:${localPort}`)
  })

  test('gives what the stream had read ahead, and takes streams without addresses', async () => {
    const through = new PassThrough()
    through.write('one')
    const conn = fromDuplex(through)
    expect(String(conn.remoteAddr)).toBe('stream')
    const p = new Uint8Array(8)
    expect(await conn.read(p)).toBe(3)
    expect(await conn.write(Buffer.from('two'))).toBe(3)
    expect(await conn.read(p)).toBe(3)
    await conn.closeWrite()
    expect(await conn.read(p)).toBe(null)
    await conn.close()
  })

  test('gives a stream that keeps what it was given a copy of its own', async () => {
    const stream = new PassThrough({ highWaterMark: 1 << 20 })
    const c = fromDuplex(stream)
    const p = new Uint8Array(65536)
    for (let i = 0; i < 3; i++) await c.write(p.fill(i))
    p.fill(255)
    for (let i = 0; i < 3; i++) {
      for (let n = 0; n < p.byteLength;)
        n += (await c.read(p.subarray(n))) ?? expect.fail('the end came early')
      expect(p.every((b) => b === i)).toBe(true)
    }
    await c.close()
  })

  test('lets the writing go on behind the end of a socket that is not half-open', async () => {
    const [a, b] = await sockets()
    expect(a.allowHalfOpen).toBe(false)
    const conn: StreamConn = fromDuplex(a)
    b.end()
    const p = new Uint8Array(8)
    expect(await conn.read(p)).toBe(null)
    await conn.write(Buffer.from('answer'))
    const [got] = (await once(b, 'data')) as [Buffer]
    expect(got.toString()).toBe('answer')
    await Promise.all([conn.close(), gone(b)])
  })

  test("fails what waits with the stream's error, and with ErrClosed when it is destroyed without one", async () => {
    const why = new Error('out of order')
    for (const [reason, expected] of [
      [why, why],
      [undefined, ErrClosed],
    ] as const) {
      const conn = fromDuplex(new PassThrough().on('error', () => {}))
      const stream = new PassThrough()
      const failing = fromDuplex(stream)
      const read = failing.read(new Uint8Array(1)).catch((e: unknown) => e)
      stream.destroy(reason)
      const e = await read
      expect(e).toBeInstanceOf(OpError)
      expect(e).toMatchObject({ op: 'read', net: 'stream' })
      expect(isErr(e, expected)).toBe(true)
      expect(await failing.write(new Uint8Array(1)).catch((e: unknown) => isErr(e, expected))).toBe(true)
      await Promise.all([conn.close(), failing.close()])
    }
  })

  test('refuses streams of objects and of text', () => {
    expect(() => fromDuplex(new PassThrough({ objectMode: true }))).toThrow('the stream is one of objects')
    expect(() => fromDuplex(new PassThrough().setEncoding('utf8'))).toThrow('the stream is one of text')
  })
})
