import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, get, request, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createNetServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, type Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ErrClosed, isErr, type OpError, type TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, Net, pipe } from '../src/index.ts'
import { agent, serve, toDuplex } from '../src/node/index.ts'

const curl = ['/usr/bin/curl', '/bin/curl', '/usr/local/bin/curl'].find(existsSync)
const body = randomBytes(1 << 20)
const nets = [
  ['the kernel', defaultNet()],
  ['the host', new Net(hosted())],
] as const

let dir: string
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-node-'))
  await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await rm(dir, { recursive: true })
})

/** A server that sends `body`, or what it was sent. */
function httpServer(): Server {
  return createServer((req, res) => {
    if (req.method === 'POST') req.pipe(res)
    else res.end(body)
  })
}

async function answer(req: ReturnType<typeof get>): Promise<[IncomingMessage, Buffer]> {
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  return [res, await buffer(res)]
}

/** Both ends of a TCP connection of a net. */
async function connection(net: Net): Promise<[TCPConn, TCPConn]> {
  await using l = await net.listen('tcp', '127.0.0.1:0')
  return await Promise.all([net.dial('tcp', l.addr.toString()), l.accept()])
}

describe.each(nets)('serve() over %s', (_name, net) => {
  test("lets Node's http server answer Node's http client", async () => {
    const listener = await net.listen('tcp', '127.0.0.1:0')
    await using service = serve(listener, httpServer())
    const { port } = listener.addr
    const [res, got] = await answer(get({ host: '127.0.0.1', port, agent: false }))
    expect(res.statusCode).toBe(200)
    expect(got.equals(body)).toBe(true)
    const post = request({ host: '127.0.0.1', port, method: 'POST', agent: false })
    post.end(body)
    const [, echoed] = await answer(post)
    expect(echoed.equals(body)).toBe(true)
    await service.close()
  })

  test('lets it answer over a Unix socket', async () => {
    const path = join(dir, `serve-${net.target.name}`)
    const listener = await net.listen('unix', path)
    await using service = serve(listener, httpServer())
    const [, got] = await answer(get({ socketPath: path, agent: false }))
    expect(got.equals(body)).toBe(true)
    await service.close()
    expect(existsSync(path)).toBe(false)
  })

  test.skipIf(curl === undefined)('lets it answer curl (needs curl)', async () => {
    const listener = await net.listen('tcp', '127.0.0.1:0')
    await using service = serve(listener, httpServer())
    const { stdout } = await promisify(execFile)(
      curl ?? 'curl',
      ['-sS', '--max-time', '30', `http://${listener.addr.toString()}/`],
      { encoding: 'buffer', maxBuffer: 1 << 22 },
    )
    expect(stdout.equals(body)).toBe(true)
    await service.close()
  })

  test('closes what is left when it is closed', async () => {
    const listener = await net.listen('tcp', '127.0.0.1:0')
    const server = createServer()
    const arrived = once(server, 'request')
    const service = serve(listener, server)
    const req = get({ host: '127.0.0.1', port: listener.addr.port, agent: false })
    const failed = once(req, 'error')
    await arrived
    await Promise.all([service.close(), service.close()])
    expect(((await failed)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET')
    expect(isErr(await listener.accept().catch((e: unknown) => e), ErrClosed)).toBe(true)
  })
})

describe.each(nets)('agent() over %s', (_name, net) => {
  test("connects Node's http client to Node's own http server, and keeps connections", async () => {
    const server = httpServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    let connections = 0
    server.on('connection', () => connections++)
    const a = agent(net, { keepAlive: true, maxSockets: 1 })
    const { port } = server.address() as AddressInfo
    for (let i = 0; i < 3; i++) {
      const [, got] = await answer(get({ host: '127.0.0.1', port, agent: a }))
      expect(got.equals(body)).toBe(true)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(connections).toBe(1)
    a.destroy()
    server.close()
    await once(server, 'close')
  })

  test('dials Unix sockets', async () => {
    const path = join(dir, `agent-${net.target.name}`)
    const server = httpServer().listen(path)
    await once(server, 'listening')
    const [, got] = await answer(get({ socketPath: path, agent: agent(net) }))
    expect(got.equals(body)).toBe(true)
    server.close()
    await once(server, 'close')
  })

  test("tells errors of dialling as the request's", async () => {
    const req = get({ host: '127.0.0.1', port: 1, agent: agent(net) })
    const [e] = (await once(req, 'error')) as [OpError]
    expect(e.message).toBe('dial tcp 127.0.0.1:1: connect: connection refused')
    expect(e.code).toBe('ECONNREFUSED')
  })
})

describe.each(nets)('toDuplex() over %s', (_name, net) => {
  test('carries bytes both ways in order', async () => {
    const [a, b] = await connection(net)
    const [left, right] = [toDuplex(a), toDuplex(b)]
    right.pipe(right)
    const sent = randomBytes(8 << 20)
    Readable.from(chunks(sent)).pipe(left)
    const got = await buffer(left)
    expect(digest(got)).toBe(digest(sent))
    await Promise.all([left, right].map(closed))
  })

  test('makes a writer wait for a reader that has stopped', async () => {
    const [a, b] = await connection(net)
    const left = toDuplex(a)
    const piece = new Uint8Array(65536)
    let given = 0
    let taken = true
    // The kernel's buffers are finite, so a piece comes that waits.
    while (taken) {
      given++
      const went = new Promise<boolean>((resolve) => left.write(piece, () => resolve(true)))
      taken = await Promise.race([went, delay(200, false)])
    }
    expect(left.writableNeedDrain).toBe(true)
    expect(left.writableLength).toBe(piece.length)
    const drain = once(left, 'drain')
    const p = new Uint8Array(1 << 20)
    let read = 0
    while (read < given * piece.length) read += (await b.read(p)) ?? Infinity
    await drain
    left.destroy()
    await b.close()
    await closed(left)
  })

  test('reads no further than its reader', async () => {
    const [a, b] = await connection(net)
    const right = toDuplex(b)
    right.once('data', () => right.pause())
    const piece = new Uint8Array(65536)
    a.setWriteTimeout(200)
    let sent = 0
    let stuck: OpError | undefined
    while (stuck === undefined) {
      await a.write(piece).then(
        (n) => (sent += n),
        (e: unknown) => (stuck = e as OpError),
      )
    }
    expect(stuck.timeout).toBe(true)
    expect(right.readableLength).toBeLessThanOrEqual(2 * 65536)
    expect(sent).toBeGreaterThan(right.readableLength)
    right.destroy()
    await a.close()
    await closed(right)
  })

  test("maps half-close: end() is the peer's end of stream, and reading goes on", async () => {
    const [a, b] = await connection(net)
    const left = toDuplex(a)
    left.end('question')
    const p = new Uint8Array(64)
    expect(await b.read(p)).toBe(8)
    expect(await b.read(p)).toBe(null)
    await b.write(Buffer.from('answer'))
    await b.close()
    expect((await buffer(left)).toString()).toBe('answer')
    await closed(left)
  })

  test("tells the connection's errors as its own, with Node's code", async () => {
    const [a, b] = await connection(net)
    const left = toDuplex(a)
    const failed = once(left, 'error')
    left.resume()
    b.setLinger(0)
    await b.close()
    const [e] = (await failed) as [OpError]
    expect(e.code).toBe('ECONNRESET')
    expect(e.op).toBe('read')
    await closed(left)
  })

  test('closes the connection when it is destroyed', async () => {
    const [a, b] = await connection(net)
    const left = toDuplex(a)
    left.resume()
    left.destroy()
    await closed(left)
    expect(await b.read(new Uint8Array(1))).toBe(null)
    expect(isErr(await a.write(new Uint8Array(1)).catch((e: unknown) => e), ErrClosed)).toBe(true)
    await b.close()
  })

  test("has net.Socket's addresses and time-out", async () => {
    const [a, b] = await connection(net)
    const left = toDuplex(a) as Duplex & {
      remoteAddress: string
      remotePort: number
      remoteFamily: string
      setTimeout(ms: number, f: () => void): unknown
    }
    expect(left.remoteAddress).toBe('127.0.0.1')
    expect(left.remotePort).toBe(a.remoteAddr.port)
    expect(left.remoteFamily).toBe('IPv4')
    const alive = setTimeout(() => {}, 60_000)
    await new Promise<void>((resolve) => left.setTimeout(5, resolve))
    clearTimeout(alive)
    left.destroy()
    await closed(left)
    await b.close()
  })
})

test('toDuplex() takes a pipe too', async () => {
  const [a, b] = pipe()
  const left = toDuplex(a)
  left.end('through')
  expect((await buffer(toDuplex(b).end())).toString()).toBe('through')
  left.resume()
  await closed(left)
})

test('toDuplex() over datagrams sends each write as one, also those that have queued', async () => {
  const packets = await defaultNet().listenPacket('udp', '127.0.0.1:0')
  const stream = toDuplex(await defaultNet().dial('udp', packets.addr.toString()))
  const words = ['one', 'two', 'three']
  stream.cork()
  for (const word of words) stream.write(word)
  stream.uncork()
  for (const word of words) expect(Buffer.from((await packets.receive())[0]).toString()).toBe(word)
  stream.destroy()
  await closed(stream)
  await packets.close()
})

test("toDuplex() talks to Node's own sockets", async () => {
  const server = createNetServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ours = toDuplex(await defaultNet().dial('tcp', `127.0.0.1:${port}`))
  ours.end(body)
  expect((await buffer(ours)).equals(body)).toBe(true)
  const theirs = connect(port, '127.0.0.1')
  theirs.end(body)
  expect((await buffer(theirs)).equals(body)).toBe(true)
  server.close()
  await once(server, 'close')
})

function digest(b: Uint8Array): string {
  return createHash('sha256').update(b).digest('hex')
}

function* chunks(b: Buffer): Generator<Buffer> {
  for (let i = 0; i < b.length; i += 100_003) yield b.subarray(i, i + 100_003)
}

async function closed(stream: Duplex): Promise<void> {
  if (!stream.closed) await once(stream, 'close')
}
