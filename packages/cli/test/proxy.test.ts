import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import {
  connect,
  createServer as createNetServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { defaultNet, listen, listenPacket, Net, parseIP, splitHostPort, UDPAddr } from '@net/core'
import { embeddedNet, plan9, type EmbeddedNet } from '@net/core/plan9'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkLoopback, Proxy, type ProxyOptions } from '../src/proxy/proxy.ts'
import { http } from '../src/proxy/proxy_http.ts'
import { socks } from '../src/proxy/proxy_socks.ts'
import { curl, curlPath } from './curl.ts'

const ipv6 = Object.values(networkInterfaces()).some((addrs) => addrs?.some((a) => a.address === '::1'))
const hosts = ['127.0.0.1', 'localhost', ...(ipv6 ? ['[::1]'] : [])]
const page = randomBytes(1 << 20)

let dir: string
let server: Server
let port: number
let balanced: () => Promise<void>
let tree: EmbeddedNet

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-proxy-'))
  await writeFile(join(dir, 'page'), page)
  await using l = await listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
  server = createServer((req, res) => {
    if (req.method === 'POST') req.pipe(res)
    else if (req.url === '/echo') res.end(JSON.stringify(req.headers))
    else res.end(page)
  }).listen(0, ipv6 ? '::' : '0.0.0.0')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  tree = embeddedNet(defaultNet().target)
})

afterAll(async () => {
  await tree.close()
  expect(tree.activity.conversations).toBe(0)
  server.close()
  await once(server, 'close')
  await rm(dir, { recursive: true })
  await balanced()
})

async function proxyOf(protocol: typeof socks, options: Partial<ProxyOptions> = {}): Promise<Proxy> {
  return new Proxy(await listen('tcp', '127.0.0.1:0'), protocol, { net: defaultNet(), ...options })
}

const portOf = (proxy: Proxy): number => Number(splitHostPort(proxy.addr.toString()).port)

/** Connects to a proxy and sends it bytes. */
function say(proxy: Proxy, ...bytes: (number | string)[]): Socket {
  const socket = connect({ port: portOf(proxy), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // a reset is an end, too
  socket.write(Buffer.concat(bytes.map((b) => (typeof b === 'string' ? Buffer.from(b) : Buffer.from([b])))))
  return socket
}

/** All that comes until the proxy hangs up. */
async function all(socket: Socket): Promise<number[]> {
  const got = [...(await buffer(socket))]
  socket.destroy()
  return got
}

const nets: [string, () => Net][] = [
  ['the kernel', () => defaultNet()],
  ['a /net', () => new Net(plan9({ net: tree }))],
]

describe.each(nets)('through %s', (_name, net) => {
  test.skipIf(curlPath === undefined).each([...hosts])('socks() serves curl to %s', async (host) => {
    await using proxy = await proxyOf(socks, { net: net() })
    const via = ['--socks5-hostname', `127.0.0.1:${portOf(proxy)}`]
    const got = await curl(...via, `http://${host}:${port}/`)
    expect(got).toMatchObject({ code: 0, message: '' })
    expect(got.body.equals(page)).toBe(true)
    const posted = await curl(...via, '--data-binary', `@${join(dir, 'page')}`, `http://${host}:${port}/`)
    expect(posted.body.equals(page)).toBe(true)
    expect(proxy.traffic.total).toBe(2)
    expect(proxy.traffic.received).toBeGreaterThan(2 * page.length)
    expect(proxy.traffic.sent).toBeGreaterThan(page.length)
  })

  test.skipIf(curlPath === undefined).each([...hosts])('http() serves curl to %s', async (host) => {
    await using proxy = await proxyOf(http, { net: net() })
    const via = ['-x', `http://127.0.0.1:${portOf(proxy)}`]
    for (const way of [via, [...via, '--proxytunnel']]) {
      const got = await curl(...way, `http://${host}:${port}/`)
      expect(got).toMatchObject({ code: 0, message: '' })
      expect(got.body.equals(page)).toBe(true)
      const posted = await curl(...way, '--data-binary', `@${join(dir, 'page')}`, `http://${host}:${port}/`)
      expect(posted.body.equals(page)).toBe(true)
    }
    expect(proxy.traffic.total).toBe(4)
  })

  test('socks() and http() tell why they could not connect', async () => {
    await using s = await proxyOf(socks, { net: net() })
    expect(await all(say(s, 5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 1))).toEqual([
      ...[5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
    ])
    const name = 'no-such-host.invalid'
    expect(await all(say(s, 5, 1, 0, 5, 1, 0, 3, name.length, name, 0, 80))).toEqual([
      ...[5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0],
    ])
    await using h = await proxyOf(http, { net: net() })
    for (const line of ['CONNECT 127.0.0.1:1', 'GET http://127.0.0.1:1/']) {
      const answer = await text(say(h, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`))
      expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*connection refused\n/)
    }
  })
})

test('socks() refuses BIND as a command that is not supported', async () => {
  await using proxy = await proxyOf(socks)
  expect(await all(say(proxy, 5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80))).toEqual([
    ...[5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0],
  ])
})

test('socks() refuses other types of addresses, other methods, and names that are none', async () => {
  await using proxy = await proxyOf(socks)
  expect((await all(say(proxy, 5, 1, 0, 5, 1, 0, 9))).slice(2, 4)).toEqual([5, 8])
  expect(await all(say(proxy, 5, 1, 1))).toEqual([5, 0xff])
  for (const name of ['a b', 'tcp!x', '\n', 'a%b', '']) {
    expect((await all(say(proxy, 5, 1, 0, 5, 1, 0, 3, name.length, name, 0, 80))).slice(2, 4)).toEqual([5, 1])
  }
  expect((await all(say(proxy, 5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 0))).slice(2, 4)).toEqual([5, 1])
})

test.each([
  ['SOCKS 3', [3, 1, 0, 80, 127, 0, 0, 1, 0]],
  ['HTTP', ['GET / HTTP/1.1\r\n\r\n']],
  ['a wrong version in the request', [5, 1, 0, 4, 1, 0, 1]],
] as [string, (number | string)[]][])('socks() hangs up on %s', async (_name, bytes) => {
  await using proxy = await proxyOf(socks)
  const got = await all(say(proxy, ...bytes))
  expect(got).toEqual(bytes[0] === 5 ? [5, 0] : [])
})

test('socks() and http() hang up on a client that ends or is silent in its greeting', async () => {
  for (const protocol of [socks, http]) {
    await using proxy = await proxyOf(protocol, { greetingTime: 50 })
    expect(await all(say(proxy))).toEqual([])
    const ended = say(proxy, 5, 3)
    ended.end()
    await all(ended)
    expect(proxy.traffic.total).toBe(2)
  }
})

test.each([
  'hello\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET ftp://x/ HTTP/1.1\r\n\r\n',
  'CONNECT x HTTP/1.1\r\n\r\n',
  'CONNECT x:http HTTP/1.1\r\n\r\n',
  'CONNECT a!b:80 HTTP/1.1\r\n\r\n',
  `GET http://x/${'x'.repeat(20_000)}`,
  'GET http://127.0.0.1:99999/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http://127.0.0.1/ HTTP/1.1\r\nbad header\r\n\r\n',
])('http() answers %j with 400', async (head) => {
  await using proxy = await proxyOf(http)
  expect(await text(say(proxy, head))).toMatch(/^HTTP\/1\.1 400 /)
})

test.skipIf(curlPath === undefined)('http() keeps to itself what is between a client and it', async () => {
  await using proxy = await proxyOf(http)
  const headers = ['-H', 'Connection: keep-alive, X-Hop', '-H', 'X-Hop: 1', '-H', 'X-End: 2']
  const got = await curl(
    '-x',
    `http://a:b@127.0.0.1:${portOf(proxy)}`,
    ...headers,
    `http://127.0.0.1:${port}/echo`,
  )
  const seen = JSON.parse(got.body.toString()) as Record<string, string>
  expect(seen).toMatchObject({ 'x-end': '2', host: `127.0.0.1:${port}` })
  expect(Object.keys(seen)).not.toContain('x-hop')
  expect(Object.keys(seen).filter((name) => name.startsWith('proxy-'))).toEqual([])
})

test.skipIf(curlPath === undefined)('a login is asked for, and checked', async () => {
  const login = { user: 'me', password: 'secret' }
  const url = `http://127.0.0.1:${port}/`
  await using s = await proxyOf(socks, { login })
  await using h = await proxyOf(http, { login })
  const through = (who: string): Promise<boolean[]> =>
    Promise.all(
      [
        ['--socks5-hostname', `127.0.0.1:${portOf(s)}`],
        ['-x', `http://127.0.0.1:${portOf(h)}`],
        ['-p', '-x', `http://127.0.0.1:${portOf(h)}`],
      ].map(async (via) => {
        const got = await curl(...via, ...(who === '' ? [] : ['-U', who]), '-f', url)
        return got.code === 0 && got.body.equals(page)
      }),
    )
  expect(await through('me:secret')).toEqual([true, true, true])
  expect(await through('me:wrong')).toEqual([false, false, false])
  expect(await through('')).toEqual([false, false, false])
})

describe.each(nets)('SOCKS through %s', (_name, net) => {
  test.skipIf(curlPath === undefined).each(['--socks4', '--socks4a'])(
    'socks() serves curl %s',
    async (version) => {
      await using proxy = await proxyOf(socks, { net: net() })
      const host = version === '--socks4' ? '127.0.0.1' : 'localhost'
      const got = await curl(version, `127.0.0.1:${portOf(proxy)}`, `http://${host}:${port}/`)
      expect(got).toMatchObject({ code: 0, message: '' })
      expect(got.body.equals(page)).toBe(true)
    },
  )

  test('socks() tells a client of SOCKS 4 that it could not connect, or may not', async () => {
    await using proxy = await proxyOf(socks, { net: net() })
    const rejected = [0, 0x5b, 0, 0, 0, 0, 0, 0]
    expect(await all(say(proxy, 4, 1, 0, 1, 127, 0, 0, 1, 'me', 0))).toEqual(rejected)
    expect(await all(say(proxy, 4, 2, 0, 80, 127, 0, 0, 1, 0))).toEqual(rejected)
    await using strict = await proxyOf(socks, { net: net(), login: { user: 'me', password: 'secret' } })
    expect(await all(say(strict, 4, 1, port >> 8, port & 255, 127, 0, 0, 1, 'me', 0))).toEqual(rejected)
  })

  test('socks() passes datagrams on by UDP ASSOCIATE, and answers with who they are from, until the client ends', async () => {
    const servers = await Promise.all(['one', 'two'].map(() => listenPacket('udp', '127.0.0.1:0')))
    const serving = servers.map(async (server, i) => {
      for await (const [packet, from] of server)
        await server.send(Buffer.concat([packet, Buffer.from(` ${i}`)]), from)
    })
    await using proxy = await proxyOf(socks, { net: net() })
    const control = say(proxy, 5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0)
    const reply: Buffer = await new Promise((resolve) => {
      let got = Buffer.alloc(0)
      control.on('data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk])
        if (got.length >= 12) resolve(got)
      })
    })
    expect([...reply.subarray(0, 10)]).toEqual([5, 0, 5, 0, 0, 1, 127, 0, 0, 1])
    const client = await listenPacket('udp', '127.0.0.1:0')
    const to = new UDPAddr(parseIP('127.0.0.1'), reply.readUInt16BE(10))
    const heads = servers.map(({ localAddr }) => {
      const { port: at } = localAddr as unknown as { port: number }
      return Uint8Array.of(0, 0, 0, 1, 127, 0, 0, 1, at >> 8, at & 255)
    })
    for (const [i, head] of heads.entries()) {
      await client.send(Buffer.concat([head, Buffer.from('hello')]), to)
      const [answer, from] = await client.receive()
      expect(from.toString()).toBe(to.toString())
      expect(Buffer.from(answer)).toEqual(Buffer.concat([head, Buffer.from(`hello ${i}`)]))
    }
    // By name; a piece of a datagram, and nonsense, are lost.
    const at = heads[0]?.subarray(8) ?? new Uint8Array()
    await client.send(
      Buffer.concat([Uint8Array.of(0, 0, 1), heads[0]?.subarray(3) ?? at, Buffer.from('piece')]),
      to,
    )
    await client.send(Uint8Array.of(0, 0, 0, 9), to)
    await client.send(
      Buffer.concat([Uint8Array.of(0, 0, 0, 3, 9), Buffer.from('localhost'), at, Buffer.from('named')]),
      to,
    )
    const [named] = await client.receive()
    expect(Buffer.from(named).toString()).toMatch(/named 0$/)
    expect(proxy.traffic.connections).toBe(4) // the client, and a way to each destination as it was named
    control.destroy()
    await expect.poll(() => proxy.traffic.connections).toBe(0)
    await Promise.all([client, ...servers].map((conn) => conn.close()))
    await Promise.all(serving)
  })
})

test('socks() passes an end of stream on, and goes on the other way', async () => {
  const echo = createNetServer({ allowHalfOpen: true }, (socket) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', () => socket.end(Buffer.concat(chunks).toString().toUpperCase()))
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const to = (echo.address() as AddressInfo).port
  await using proxy = await proxyOf(socks)
  const socket = say(proxy, 5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, to >> 8, to & 255, 'early ')
  socket.end('late')
  const got = Buffer.from(await all(socket))
  expect(got.subarray(2, 5)).toEqual(Buffer.from([5, 0, 0]))
  expect(got.subarray(12).toString()).toBe('EARLY LATE')
  echo.close()
  await once(echo, 'close')
})

test('socks() reads no faster than the client takes it, and loses nothing', async () => {
  const size = 64 << 20
  const chunk = randomBytes(1 << 20)
  const source = createNetServer((socket) => {
    const more = (): void => {
      while (socket.bytesWritten < size) if (!socket.write(chunk)) return
      socket.end()
    }
    socket.on('drain', more).on('error', () => {})
    more()
  }).listen(0, '127.0.0.1')
  await once(source, 'listening')
  const to = (source.address() as AddressInfo).port
  await using proxy = await proxyOf(socks)
  const socket = say(proxy, 5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, to >> 8, to & 255)
  socket.pause()
  let before = -1
  while (before !== proxy.traffic.received || before === 0) {
    before = proxy.traffic.received
    await delay(100)
  }
  expect(before).toBeLessThan(size / 2)
  const got = await buffer(socket)
  expect(got.length).toBeGreaterThanOrEqual(size + 12)
  socket.destroy()
  source.close()
  await once(source, 'close')
})

test('a connection that breaks at one end breaks at the other', async () => {
  const breaking = createNetServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  breaking.listen(0, '127.0.0.1')
  await once(breaking, 'listening')
  const to = (breaking.address() as AddressInfo).port
  await using proxy = await proxyOf(socks)
  const socket = say(proxy, 5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, to >> 8, to & 255, 'x')
  const [error] = (await once(socket.resume(), 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
  breaking.close()
  await once(breaking, 'close')
})

/**
 * A server that takes connections and says nothing, and the bytes by which socks() is asked to connect there.
 */
async function silence(): Promise<{ request: number[] } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const silent = createNetServer((socket) => sockets.add(socket.on('error', () => {})))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const to = (silent.address() as AddressInfo).port
  return {
    request: [5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, to >> 8, to & 255],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      silent.close()
      await once(silent, 'close')
    },
  }
}

/** Waits until a socket has been hung up on, and hangs up, too. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket
      .resume()
      .once('end', () => socket.end())
      .once('close', () => resolve())
  })

/** Connects as a client of socks() and waits until its request is granted. */
async function joined(proxy: Proxy, request: number[]): Promise<Socket> {
  const socket = say(proxy, ...request)
  let got = 0
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      got += chunk.length
      if (got === 12) resolve()
    })
  })
  return socket
}

test('Proxy.close() ends connections, dials and greetings', async () => {
  await using silent = await silence()
  const proxy = await proxyOf(socks)
  const sockets = [await joined(proxy, silent.request), say(proxy, 5), say(proxy, 5, 1, 1)]
  await Promise.all(sockets.slice(1).map((socket) => once(socket, 'connect')))
  const ends = Promise.all(sockets.map(closed))
  await proxy.close()
  await proxy.done
  await ends
  expect(proxy.traffic.connections).toBe(0)
})

test('clients that say nothing make room for those that do, the oldest first', async () => {
  await using silent = await silence()
  await using proxy = await proxyOf(socks, { connections: 3, greetingTime: 1 << 30 })
  const first = await joined(proxy, silent.request)
  const [second, third] = [say(proxy, 5), say(proxy)]
  await Promise.all([second, third].map((socket) => once(socket, 'connect')))
  // Each takes the place of the oldest silent one, and keeps it.
  const goes = closed(second)
  const fourth = await joined(proxy, silent.request)
  await goes
  const goesToo = closed(third)
  const fifth = await joined(proxy, silent.request)
  await goesToo
  // Now every place is of one that has said what it wants: who comes waits until one has ended.
  const sixth = joined(proxy, silent.request)
  expect(proxy.traffic).toMatchObject({ connections: 3, total: 5 })
  first.destroy()
  const last = await sixth
  expect(proxy.traffic).toMatchObject({ connections: 3, total: 6 })
  for (const socket of [fourth, fifth, last]) socket.destroy()
})

test('checkLoopback() refuses addresses that others can reach', async () => {
  const { resolveTCPAddr } = defaultNet()
  const resolve = resolveTCPAddr.bind(defaultNet())
  for (const where of [':1080', '0.0.0.0:1080', '192.0.2.1:1080', '[::]:1080']) {
    const addr = await resolve('tcp', where)
    expect(() => checkLoopback(addr)).toThrow(/^anybody could use a proxy at /)
  }
  for (const where of ['127.0.0.1:1080', '127.0.0.2:1080', '[::1]:1080'])
    checkLoopback(await resolve('tcp', where))
})
