import { once } from 'node:events'
import { createServer, request as nodeRequest, type IncomingMessage, type Server } from 'node:http'
import { connect, createServer as createNetServer, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { defaultNet, listen, splitHostPort } from '@net/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Proxy } from '../src/proxy/proxy.ts'
import { http } from '../src/proxy/proxy_http.ts'

let balanced: () => Promise<void>
let proxy: Proxy
let port: number

beforeAll(async () => {
  await using l = await listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
  proxy = new Proxy(await listen('tcp', '127.0.0.1:0'), http, { net: defaultNet() })
  port = Number(splitHostPort(proxy.addr.toString()).port)
})

afterAll(async () => {
  await proxy.close()
  await balanced()
})

/** A server that tells what it got, byte by byte, and sends this answer when the head has come. */
class Origin implements AsyncDisposable {
  readonly #server = createNetServer({ allowHalfOpen: true })
  readonly #sockets = new Set<Socket>()
  got = ''

  static async start(answer: string, next?: (socket: Socket) => void): Promise<Origin> {
    const origin = new Origin()
    origin.#server.on('connection', (socket) => {
      origin.#sockets.add(socket)
      let head = ''
      const look = (chunk: Buffer): void => {
        head += chunk.toString('latin1')
        if (!head.includes('\r\n\r\n')) return
        socket.off('data', look)
        socket.write(answer, 'latin1')
        if (next === undefined) socket.end()
        else next(socket)
      }
      socket.on('error', () => {}).on('data', look)
      socket.on('data', (chunk: Buffer) => (origin.got += chunk.toString('latin1')))
    })
    origin.#server.listen(0, '127.0.0.1')
    await once(origin.#server, 'listening')
    return origin
  }

  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The lines of the heads that came. */
  get lines(): string[] {
    return this.got.split('\r\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Sends the proxy these bytes and gives all that comes back. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes, 'latin1')
  return text(socket)
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test("http() puts the target's host where the client says another, and tells who passed the request on", async () => {
  await using origin = await Origin.start(OK)
  await exchange(
    `GET http://${origin.authority}/a HTTP/1.1\r\nHost: evil.example\r\nVia: 1.0 before\r\nX-A: 1\r\nX-A: 2\r\n\r\n`,
  )
  expect(origin.lines[0]).toBe('GET /a HTTP/1.1')
  expect(origin.lines.filter((line) => /^host:/i.test(line))).toEqual([`Host: ${origin.authority}`])
  expect(origin.lines.filter((line) => /^(via|x-a):/i.test(line))).toEqual([
    ...['Via: 1.0 before', 'Via: 1.1 netx', 'X-A: 1', 'X-A: 2'],
  ])
})

test.each([
  ['/a/../b%7e/?q=[1]', 'GET /a/../b%7e/?q=[1] HTTP/1.1'],
  ['', 'GET / HTTP/1.1'],
  ['?q', 'GET /?q HTTP/1.1'],
])('http() passes the path %j on as it is written', async (path, line) => {
  await using origin = await Origin.start(OK)
  await exchange(`GET http://${origin.authority}${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect(origin.lines[0]).toBe(line)
})

test('http() passes a status, its text and its fields back as they came, but for those of one connection', async () => {
  const head = 'HTTP/1.1 299 Quite Well\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\n'
  await using origin = await Origin.start(
    `${head}Connection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok`,
  )
  const answer = await exchange(`GET http://${origin.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  const [first, ...fields] = answer.split('\r\n')
  expect(first).toBe('HTTP/1.1 299 Quite Well')
  expect(fields.filter((field) => !field.startsWith('Date:'))).toEqual([
    ...[
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'Content-Length: 2',
      'Via: 1.1 netx',
      'Connection: close',
      '',
      'ok',
    ],
  ])
  await using other = await Origin.start('HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n')
  expect(await exchange(`GET http://${other.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 599 \r\n/,
  )
})

describe('a body', () => {
  let server: Server
  let requests: { method: string | undefined; body: string; headers: IncomingMessage['headers'] }[]
  let authority: string

  beforeAll(async () => {
    server = createServer((req, res) => {
      void text(req).then((body) => {
        requests.push({ method: req.method, body, headers: req.headers })
        res.end('ok')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    server.close()
    await once(server, 'close')
  })

  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const chunked = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`

  test.each(['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH'])(
    'of %s arrives whole and framed, in chunks and of a length',
    async (method) => {
      const start = `${method} http://${authority}/a HTTP/1.1\r\nHost: x\r\n`
      for (const [fields, body] of [
        ['Transfer-Encoding: chunked\r\n', chunked],
        [`Content-Length: ${smuggled.length}\r\n`, smuggled],
        [`Content-Length: ${smuggled.length}\r\nConnection: content-length, host\r\n`, smuggled],
      ]) {
        requests = []
        expect(await exchange(`${start}${fields ?? ''}\r\n${body ?? ''}`)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
        expect(requests.map(({ method: seen, body: got }) => [seen, got])).toEqual([[method, smuggled]])
      }
      requests = []
      await exchange(`${start}\r\n`)
      expect(requests.map(({ body: got }) => got)).toEqual([''])
    },
  )

  test('of a coding that is not known is refused, and a second request is not passed on', async () => {
    requests = []
    const start = `POST http://${authority}/a HTTP/1.1\r\nHost: x\r\n`
    expect(await exchange(`${start}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 501 /,
    )
    expect(requests).toEqual([])
    const answer = await exchange(`${start}Content-Length: 0\r\n\r\n${start}Content-Length: 0\r\n\r\n`)
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
    expect(requests).toHaveLength(1)
  })

  test('waits for the server to say that it goes on', async () => {
    server.once('checkContinue', (req: IncomingMessage, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.writeContinue()
      server.emit('request', req, res)
    })
    requests = []
    const asked = nodeRequest({
      port,
      host: '127.0.0.1',
      method: 'PUT',
      path: `http://${authority}/`,
      headers: { expect: '100-continue' },
    })
    asked.flushHeaders()
    const hints: number[] = []
    asked.on('information', ({ statusCode }) => hints.push(statusCode))
    await once(asked, 'continue')
    asked.end('body')
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    expect(await text(answer)).toBe('ok')
    expect(hints).toEqual([103, 100])
    expect(requests.map(({ body }) => body)).toEqual(['body'])
  })
})

describe('Max-Forwards', () => {
  test.each(['TRACE', 'OPTIONS'])('of %s goes down with each proxy, and ends at 0', async (method) => {
    await using origin = await Origin.start(OK)
    const start = `${method} http://${origin.authority}/a HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n`
    await exchange(`${start}Max-Forwards: 3\r\n\r\n`)
    expect(origin.lines.filter((line) => /^max-forwards/i.test(line))).toEqual(['Max-Forwards: 2'])
    origin.got = ''
    const answer = await exchange(`${start}Max-Forwards: 0\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.includes(`\r\n\r\nTRACE http://${origin.authority}/a HTTP/1.1\r\nHost: x\r\n`)).toBe(
      method === 'TRACE',
    )
    expect(answer).not.toContain('secret')
    expect(await exchange(`${start}Max-Forwards: soon\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
    expect(origin.got).toBe('')
  })

  test('of other methods is passed on', async () => {
    await using origin = await Origin.start(OK)
    await exchange(`GET http://${origin.authority}/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n`)
    expect(origin.lines).toContain('Max-Forwards: 0')
  })
})

test('http() asks about a server as a whole when the target of OPTIONS has no path', async () => {
  await using origin = await Origin.start(OK)
  await exchange(`OPTIONS http://${origin.authority} HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect(origin.lines[0]).toBe('OPTIONS * HTTP/1.1')
})

test.each(['http://me:secret@127.0.0.1/', 'http:///a', 'http://[::1', 'http://a b/', 'http://127.0.0.1:x/'])(
  'http() refuses %j as a target',
  async (target) => {
    expect(await exchange(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  },
)

const upgrade = (authority: string): string =>
  `GET http://${authority}/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n`

test('http() makes a tunnel when the server changes to the protocol that was asked for', async () => {
  const changing = 'HTTP/1.1 101 Changing\r\nConnection: upgrade\r\nUpgrade: shout\r\nX-A: 1\r\n\r\nWELCOME '
  await using origin = await Origin.start(changing, (socket) => {
    socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()))
    socket.on('end', () => socket.end('BYE'))
  })
  const { sent, received } = proxy.traffic
  const socket = connect(port, '127.0.0.1')
  socket.write(`${upgrade(origin.authority)}early `)
  await once(socket, 'data')
  socket.end('late ')
  const answer = (await text(socket)).split('\r\n\r\n').at(-1)
  expect(origin.lines).toEqual(
    expect.arrayContaining(['Upgrade: shout', 'Connection: upgrade', 'Via: 1.1 netx']),
  )
  expect(answer?.endsWith('LATE BYE')).toBe(true)
  expect(proxy.traffic.sent - sent).toBe(upgrade(origin.authority).length + 'early late '.length)
  expect(proxy.traffic.received - received).toBe('WELCOME EARLY LATE BYE'.length)
})

test('http() passes the answer of a server back that does not change to another protocol', async () => {
  await using origin = await Origin.start(
    'HTTP/1.1 426 Another One\r\nUpgrade: other\r\nContent-Length: 2\r\n\r\nno',
  )
  const answer = await exchange(upgrade(origin.authority))
  expect(answer).toMatch(
    /^HTTP\/1\.1 426 Another One\r\nContent-Length: 2\r\nVia: 1\.1 netx\r\nConnection: close\r\n\r\nno$/,
  )
  expect(await exchange(upgrade('127.0.0.1:1'))).toMatch(/^HTTP\/1\.1 502 /)
})

test('http() refuses a change of protocol that nobody asked for', async () => {
  await using origin = await Origin.start(
    'HTTP/1.1 101 Changing\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    () => {},
  )
  const answer = await exchange(`GET http://${origin.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 502 /)
})

test('http() tells a client of HTTP/1.0 nothing before the answer', async () => {
  await using origin = await Origin.start(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`)
  expect(await exchange(`GET http://${origin.authority}/ HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(origin.lines).toContain('Via: 1.0 netx')
})
