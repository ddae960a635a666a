import { EventEmitter, once } from 'node:events'
import { Agent, createServer as createHTTPServer, get, type Server as HTTPServer } from 'node:http'
import { connect, createServer, Server, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Target, TCPListener } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve, type ConnDuplex } from '../src/index.ts'
import { dialOf, loopback, targets } from './pair.ts'

let check: () => Promise<void>
beforeAll(async () => {
  for (const target of targets) await (await target.listenTCP('tcp', loopback)).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

function listening(target: Target): Promise<TCPListener> {
  return target.listenTCP('tcp', loopback)
}

/** A client of Node's own. */
function clientOf(listener: TCPListener): Socket {
  return connect({ host: '127.0.0.1', port: listener.addr.port })
}

/** Reads a client to its end. */
function closed(stream: Socket): Promise<void> {
  return new Promise(
    (resolve) =>
      void stream
        .resume()
        .on('error', () => {})
        .once('close', () => resolve()),
  )
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((e, n) => (e === null ? resolve(n) : reject(e)))
  })
}

describe.each(targets)('serve() over $name', (target) => {
  test('keeps no connection whose client has ended, as the server is not half-open', async () => {
    const listener = await listening(target)
    const server = createServer((socket) => socket.resume())
    const service = serve(listener, server)
    const clients = Array.from({ length: 10 }, () => clientOf(listener))
    const gone = Promise.all(clients.map(closed))
    for (const client of clients) client.end('hello')
    await gone
    await expect.poll(() => connections(server)).toBe(0)
    await service.close()
  })

  test('writes an answer to its end that was given whole when it is closed with grace', async () => {
    const listener = await listening(target)
    const answer = Buffer.alloc(16 << 20, 'x') // more than buffers of the kernel hold
    const server = createHTTPServer((_req, res) => {
      res.end(answer)
      server.emit('given')
    })
    const service = serve(listener, server)
    const client = clientOf(listener)
    client.pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(server, 'given')
    const closing = service.close({ grace: 60_000 })
    const got = await text(client)
    expect(got.length - got.indexOf('\r\n\r\n') - 4).toBe(answer.length)
    await closing
  })

  test('leaves connections half-open where the server says so', async () => {
    const listener = await listening(target)
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().once('end', () => socket.end('you have ended'))
    })
    const service = serve(listener, server)
    const client = clientOf(listener)
    client.end()
    expect(await text(client)).toBe('you have ended')
    await service.close()
  })

  test('makes a server look as though it listened', async () => {
    const listener = await listening(target)
    const server = createServer()
    expect([server.listening, server.address()]).toEqual([false, null])
    const service = serve(listener, server)
    await once(server, 'listening')
    const { port } = listener.addr
    expect(server.listening).toBe(true)
    expect(server.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port } satisfies AddressInfo)
    const arrived = once(server, 'connection')
    const client = clientOf(listener)
    const gone = closed(client)
    await arrived
    expect(await connections(server)).toBe(1)
    const ended = once(server, 'close')
    await service.close()
    await Promise.all([ended, gone])
    expect([server.listening, server.address(), await connections(server)]).toEqual([false, null, 0])
    expect(Object.hasOwn(server, 'close')).toBe(false)
  })

  test("lets the server's close() stop the listener and wait for connections", async () => {
    const listener = await listening(target)
    const server = createServer()
    serve(listener, server)
    const arrived = once(server, 'connection') as Promise<[ConnDuplex]>
    const client = clientOf(listener)
    const [socket] = await arrived
    let over = false
    const ended = new Promise<void>((resolve) => {
      server.close((e) => {
        expect(e).toBeUndefined()
        over = true
        resolve()
      })
    })
    await expect(dialOf(target, listener)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect([over, socket.destroyed]).toEqual([false, false])
    const gone = closed(client)
    client.destroy()
    await Promise.all([ended, gone])
    await expect(listener.accept()).rejects.toThrow('use of closed network connection')
  })

  test('closes whatever listeners a user has removed', async () => {
    const listener = await listening(target)
    const server = createServer((socket) => socket.removeAllListeners())
    const service = serve(listener, server)
    const arrived = once(server, 'connection')
    const client = clientOf(listener)
    const gone = closed(client)
    await arrived
    await service.close()
    await gone
    expect(await connections(server)).toBe(0)
  })

  test('takes no more connections than maxConnections, and tells of others', async () => {
    const listener = await listening(target)
    const server = createServer()
    server.maxConnections = 1
    const service = serve(listener, server)
    const arrived = once(server, 'connection')
    const first = clientOf(listener)
    await arrived
    const dropped = once(server, 'drop')
    const second = clientOf(listener)
    const gone = closed(second)
    const [data] = (await dropped) as [{ remotePort: number; localPort: number }]
    expect(data).toMatchObject({ remoteAddress: '127.0.0.1', localPort: listener.addr.port })
    await gone
    expect(await connections(server)).toBe(1)
    const end = closed(first)
    await service.close()
    await end
  })

  test('lets one server have several listeners', async () => {
    const listeners = [await listening(target), await listening(target)]
    const server = createHTTPServer((_req, res) => res.end('hello'))
    for (const listener of listeners) serve(listener, server)
    for (const { addr } of listeners) {
      const [res] = (await once(get({ host: '127.0.0.1', port: addr.port, agent: false }), 'response')) as [
        Socket,
      ]
      expect(await text(res)).toBe('hello')
    }
    server.close()
    await once(server, 'close')
    for (const listener of listeners) await expect(listener.accept()).rejects.toThrow('use of closed')
  })

  test.each([
    ['headersTimeout', 'GET / HTTP/1.1\r\n'],
    ['requestTimeout', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n'],
  ])("holds an http server's %s against clients that say no more", async (_name, words) => {
    const listener = await listening(target)
    const limits = { headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 10 }
    const service = serve(listener, createHTTPServer(limits))
    const client = clientOf(listener)
    client.write(words)
    expect(await text(client)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    await service.close()
  })

  test('lets an http server close what is idle, and end when requests are done', async () => {
    const listener = await listening(target)
    const server: HTTPServer = createHTTPServer((_req, res) => void (answer = () => res.end('late')))
    let answer: () => void = () => {}
    serve(listener, server)
    const agent = new Agent({ keepAlive: true })
    const arrived = once(server, 'request')
    const req = get({ host: '127.0.0.1', port: listener.addr.port, agent })
    await arrived
    const ended = once(server, 'close')
    server.close()
    answer()
    const [res] = (await once(req, 'response')) as [Socket]
    expect(await text(res)).toBe('late')
    server.closeIdleConnections()
    agent.destroy()
    await ended
  })

  test('takes any emitter', async () => {
    const listener = await listening(target)
    const emitter = new EventEmitter()
    const arrived = once(emitter, 'connection') as Promise<[ConnDuplex]>
    const service = serve(listener, emitter)
    const client = clientOf(listener)
    client.end('hello')
    const [stream] = await arrived
    expect(await text(stream)).toBe('hello')
    const gone = closed(client)
    await service.close()
    await gone
  })

  test('that is closed at once emits nothing', async () => {
    const listener = await listening(target)
    const server = createServer()
    const heard: string[] = []
    for (const event of ['listening', 'connection', 'error']) server.on(event, () => heard.push(event))
    const ended = once(server, 'close')
    const service = serve(listener, server)
    await Promise.all([service.close(), service.close(), ended])
    expect(heard).toEqual([])
  })
})
