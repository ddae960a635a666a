import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { createServer as createHTTPSServer, get as getHTTPS } from 'node:https'
import { connect as connectHost, createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { openssl, selfSigned } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { agent, connect, secureAgent } from '../src/node/index.ts'
import { stacks, type Stack } from './stacks.ts'

let dir: string
let certificate: { cert: string; key: string }
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-connect-'))
  if (openssl !== null) certificate = selfSigned(dir, ['IP:127.0.0.1', 'DNS:localhost'])
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await rm(dir, { recursive: true })
})

const events = ['lookup', 'connect', 'ready', 'end', 'finish', 'error', 'close'] as const

/** Writes down the events of a stream as they come. */
function heard(stream: Duplex): string[] {
  const list: string[] = []
  for (const event of events) stream.on(event, () => list.push(event))
  return list
}

/** Waits until a stream is closed, whatever its errors. */
async function gone(stream: Duplex): Promise<void> {
  stream.on('error', () => {})
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

/** A server of Node's own on 127.0.0.1, and its port. */
async function listening<S extends Server>(server: S): Promise<[S, number]> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return [server, (server.address() as AddressInfo).port]
}

async function ended(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

describe.each(stacks)('connect() over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('emits what net.connect emits, in its order', async () => {
    const [server, port] = await listening(createServer((socket) => socket.end('hello')))
    const [theirs, ours] = [
      connectHost({ host: 'localhost', port, family: 4 }),
      connect(stack.net, { host: 'localhost', port, family: 4 }),
    ]
    const lists = [heard(theirs), heard(ours)]
    expect(ours).toMatchObject({ connecting: true, pending: true, readyState: 'opening', bytesWritten: 0 })
    expect(theirs).toMatchObject({ connecting: true, pending: true, readyState: 'opening' })
    expect([ours.remoteAddress, ours.localPort, ours.address()]).toEqual([undefined, undefined, {}])
    const looked = once(ours, 'lookup')
    const data = once(ours, 'data')
    await Promise.all([gone(theirs.resume()), gone(ours)])
    expect(String((await data)[0])).toBe('hello')
    expect(await looked).toEqual([null, '127.0.0.1', 4, 'localhost'])
    expect(lists[1]).toEqual(lists[0])
    await ended(server)
  })

  test('sends what was written before it stood, and has its addresses then', async () => {
    const [server, port] = await listening(createServer((socket) => socket.pipe(socket)))
    const stream = connect(stack.net, port, '127.0.0.1')
    stream.setNoDelay().setKeepAlive(true, 60_000).write('one')
    stream.write('two')
    expect(stream.bytesWritten).toBe(6)
    await once(stream, 'ready')
    expect(stream).toMatchObject({ connecting: false, pending: false, readyState: 'open' })
    expect(stream).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: port, remoteFamily: 'IPv4' })
    let got = ''
    for await (const chunk of stream) if ((got += String(chunk)) === 'onetwo') break
    await gone(stream)
    await ended(server)
  })

  test("tells what went wrong as its 'error', with code, address and port", async () => {
    const port = 1
    for (const dial of [() => connectHost(port, '127.0.0.1'), () => connect(stack.net, port, '127.0.0.1')]) {
      const stream = dial()
      const list = heard(stream)
      const closed = gone(stream)
      const [e] = (await once(stream, 'error')) as [Error]
      expect(e).toMatchObject({ code: 'ECONNREFUSED' })
      await closed
      expect(list).toEqual(['error', 'close'])
    }
  })

  test('can be destroyed while it dials, and by a signal', async () => {
    const [server, port] = await listening(createServer((socket) => socket.destroy()))
    for (const why of [undefined, new Error('enough')]) {
      const stream = connect(stack.net, port, '127.0.0.1')
      const list = heard(stream)
      stream.destroy(why)
      expect(stream.connecting).toBe(false)
      await gone(stream)
      expect(list).toEqual(why === undefined ? ['close'] : ['error', 'close'])
      expect(stream.errored).toBe(why ?? null)
    }
    const abort = new AbortController()
    const stream = connect(stack.net, { port, host: '127.0.0.1', signal: abort.signal })
    const failed = once(stream, 'error')
    abort.abort()
    expect((await failed)[0]).toMatchObject({ name: 'AbortError' })
    await gone(stream)
    await ended(server)
  })

  test('waits for its connect(), which clients call that are given a stream', async () => {
    const lost: unknown[] = []
    const echo = (socket: Duplex): unknown => socket.on('error', (e) => lost.push(e)).pipe(socket)
    const [server, port] = await listening(createServer(echo))
    const stream = connect(stack.net)
    expect(stream).toMatchObject({ connecting: false, pending: true })
    const told = new Promise<void>((resolve) => stream.connect(port, '127.0.0.1', resolve))
    stream.end('question')
    await told
    // What is ended on a /net is hung up: the answer has nobody to go to.
    const isHungUp = _name.endsWith('/net')
    if (!isHungUp) expect(await text(stream)).toBe('question')
    await gone(stream)
    const never = connect(stack.net)
    never.destroy()
    await gone(never)
    await ended(server)
    for (const e of lost) expect([isHungUp, e]).toMatchObject([true, { code: 'ECONNRESET' }])
  })

  test('looks names up by its `lookup`, and dials from its `localAddress`', async () => {
    const [server, port] = await listening(createServer((socket) => socket.end(`${socket.remoteAddress}`)))
    const stream = connect(stack.net, {
      host: 'somewhere.example',
      port,
      localAddress: '127.0.0.5',
      lookup: (hostname, options, done) => {
        expect([hostname, options.family]).toEqual(['somewhere.example', 0])
        process.nextTick(done, null, '127.0.0.1', 4)
      },
    })
    const looked = once(stream, 'lookup')
    expect(await text(stream)).toBe('127.0.0.5')
    expect(await looked).toEqual([null, '127.0.0.1', 4, 'somewhere.example'])
    const failing = connect(stack.net, {
      host: 'somewhere.example',
      port,
      lookup: (_hostname, _options, done) => process.nextTick(done, new Error('no such place'), ''),
    })
    const list = heard(failing)
    const closed = gone(failing)
    expect((await once(failing, 'error'))[0]).toMatchObject({ message: 'no such place' })
    await closed
    expect(list).toEqual(['lookup', 'error', 'close'])
    await ended(server)
  })

  test("agent() makes requests by the request's localAddress, and tells what failed", async () => {
    const listener = await defaultNet().listen('tcp', '127.0.0.1:0')
    const { port } = listener.addr
    const req = get({ host: '127.0.0.1', port, localAddress: '127.0.0.5', agent: agent(stack.net) })
    const peer = await listener.accept()
    expect(peer.remoteAddr.hostname).toBe('127.0.0.5')
    await peer.close()
    expect((await once(req, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' })
    await listener.close()
    const refused = get({ host: '127.0.0.1', port, agent: agent(stack.net) })
    expect((await once(refused, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test.skipIf(openssl === null)(
    'secureAgent() speaks https and resumes sessions (needs openssl)',
    async () => {
      const [server, port] = await listening(
        createHTTPSServer(certificate, (req, res) => res.end(`hello ${req.socket.remoteAddress ?? ''}`)),
      )
      const secure = secureAgent(stack.net, { ca: certificate.cert, maxCachedSessions: 10 })
      const reused: boolean[] = []
      for (let i = 0; i < 2; i++) {
        const req = getHTTPS({ host: 'localhost', family: 4, port, agent: secure })
        const [socket] = (await once(req, 'socket')) as [TLSSocket]
        const session = i === 0 && once(socket, 'session') // the one to resume
        const [res] = (await once(req, 'response')) as [IncomingMessage]
        reused.push(socket.isSessionReused())
        expect(await text(res)).toBe('hello 127.0.0.1')
        expect([socket.authorized, socket.remotePort]).toEqual([true, port])
        await session
        if (!socket.closed) await once(socket, 'close')
      }
      expect(reused).toEqual([false, true])
      const stranger = getHTTPS({ host: '127.0.0.1', port, agent: secureAgent(stack.net) })
      expect((await once(stranger, 'error'))[0]).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
      await ended(server)
      const refused = getHTTPS({ host: '127.0.0.1', port, agent: secure })
      expect((await once(refused, 'error'))[0]).toMatchObject({ code: 'ECONNREFUSED' })
    },
  )
})

test('connect() takes the path of a Unix socket, and says no to a time-out that is none', async () => {
  const path = join(dir, 'socket')
  const listener = await defaultNet().listen('unix', path)
  const stream = connect(defaultNet(), path)
  const peer = await listener.accept()
  await peer.write(Buffer.from('hello'))
  await peer.close()
  expect(await text(stream)).toBe('hello')
  await gone(stream)
  await listener.close()
  expect(() => connect(defaultNet(), { path, timeout: -1 })).toThrow(RangeError)
})

test("connect() has 'timeout' while it dials", async () => {
  let give: () => void = () => {}
  const stream = connect(
    { dial: () => new Promise((_, reject) => (give = () => reject(new Error('over')))) },
    { host: '127.0.0.1', port: 1, timeout: 5 },
  )
  const alive = setTimeout(() => {}, 60_000)
  await once(stream, 'timeout')
  expect(stream.connecting).toBe(true)
  clearTimeout(alive)
  stream.destroy()
  give()
  await gone(stream)
})
