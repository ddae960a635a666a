import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer as createHTTPServer, get, type IncomingMessage } from 'node:http'
import { createServer as createHTTPSServer, request as requestHTTPS } from 'node:https'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTLS, createServer as createTLSServer, type TLSSocket } from 'node:tls'
import type { TCPListener } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { openssl, selfSigned } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { serve } from '../src/node/index.ts'
import { stacks, type Stack } from './stacks.ts'

let dir: string
let certificate: { cert: string; key: string }
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-serve-'))
  if (openssl !== null) certificate = selfSigned(dir, ['IP:127.0.0.1'])
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await rm(dir, { recursive: true })
})

/** A client of Node's own. */
function clientOf(listener: TCPListener): Socket {
  return connect({ host: '127.0.0.1', port: listener.addr.port })
}

/** Waits until a stream is closed, whatever its errors. */
async function gone(stream: Socket): Promise<void> {
  stream.on('error', () => {}).resume()
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((e, n) => (e === null ? resolve(n) : reject(e)))
  })
}

describe.each(stacks)('serve() over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  const listening = (): Promise<TCPListener> => stack.net.listen('tcp', '127.0.0.1:0')

  test('makes a server look as though it listened, and keeps no connection whose client has ended', async () => {
    const listener = await listening()
    const server = createServer((socket) => socket.resume())
    const service = serve(listener, server)
    await once(server, 'listening')
    expect(server.address()).toMatchObject({ address: '127.0.0.1', port: listener.addr.port })
    expect(server.listening).toBe(true)
    server.maxConnections = 5
    const clients = Array.from({ length: 5 }, () => clientOf(listener))
    await expect.poll(() => connections(server)).toBe(5)
    const dropped = once(server, 'drop')
    const sixth = clientOf(listener)
    await Promise.all([dropped, gone(sixth)])
    const ended = clients.map(gone)
    for (const client of clients) client.end('hello')
    await Promise.all(ended)
    await expect.poll(() => connections(server)).toBe(0)
    await service.close()
    expect([server.listening, server.address()]).toEqual([false, null])
  })

  test.each([
    ['headersTimeout', 'GET / HTTP/1.1\r\n'],
    ['requestTimeout', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n'],
  ])("holds an http server's %s against clients that say no more", async (_limit, words) => {
    const listener = await listening()
    const limits = { headersTimeout: 20, requestTimeout: 20, connectionsCheckingInterval: 10 }
    const service = serve(listener, createHTTPServer(limits))
    const client = clientOf(listener)
    client.write(words)
    expect(await text(client)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
    await service.close()
  })

  test('close() with a grace lets requests finish, closes what is idle, and accepts no more', async () => {
    const listener = await listening()
    let answer: () => void = () => {}
    const server = createHTTPServer((req, res) => {
      if (req.url === '/now') res.end('now')
      else answer = () => res.end('late')
    })
    const kept = server.keepAliveTimeout
    const service = serve(listener, server)
    const agent = new Agent({ keepAlive: true })
    const { port } = listener.addr
    const free = once(agent, 'free') as Promise<[Socket]>
    const [first] = (await once(get({ host: '127.0.0.1', port, path: '/now', agent }), 'response')) as [
      IncomingMessage,
    ]
    expect(await text(first)).toBe('now')
    const [idle] = await free
    const arrived = once(server, 'request')
    const req = get({ host: '127.0.0.1', port, path: '/late', agent: new Agent({ keepAlive: true }) })
    await arrived
    const closing = service.close({ grace: 60_000 })
    await gone(idle)
    answer()
    const [second] = (await once(req, 'response')) as [IncomingMessage]
    expect(await text(second)).toBe('late')
    await closing
    expect(server.keepAliveTimeout).toBe(kept)
    const late = clientOf(listener)
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    agent.destroy()
  })

  test('close() closes what is left when the grace is over, and at once when it is called again', async () => {
    for (const again of [false, true]) {
      const listener = await listening()
      const server = createServer()
      const service = serve(listener, server)
      const arrived = once(server, 'connection')
      const client = clientOf(listener)
      await arrived
      const closing = service.close({ grace: again ? 60_000 : 10 })
      if (again) void service.close()
      await Promise.all([closing, gone(client)])
      expect(await connections(server)).toBe(0)
    }
  })

  const failing = 'gives the sockets of https and tls servers their addresses, with those that fail'
  test.skipIf(openssl === null)(`${failing} (needs openssl)`, async () => {
    const listener = await listening()
    const https = createHTTPSServer(certificate, (req, res) => {
      const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = req.socket
      res.end(JSON.stringify({ remoteAddress, remotePort, remoteFamily, localAddress, localPort }))
    })
    const service = serve(listener, https)
    const { port } = listener.addr
    const req = requestHTTPS({ host: '127.0.0.1', port, agent: false, rejectUnauthorized: false }).end()
    const [socket] = (await once(req, 'socket')) as [TLSSocket]
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    const { localPort } = socket
    expect(JSON.parse(await text(res))).toEqual({
      remoteAddress: '127.0.0.1',
      remotePort: localPort,
      remoteFamily: 'IPv4',
      localAddress: '127.0.0.1',
      localPort: port,
    })
    const failed = once(https, 'tlsClientError') as Promise<[Error, TLSSocket]>
    const client = clientOf(listener)
    client.write('this is no TLS\r\n\r\n')
    expect((await failed)[1].remoteAddress).toBe('127.0.0.1')
    await gone(client)
    await service.close()

    const plain = await listening()
    const tls = createTLSServer(certificate)
    const second = serve(plain, tls)
    const secured = once(tls, 'secureConnection') as Promise<[TLSSocket]>
    const there = connectTLS({ host: '127.0.0.1', port: plain.addr.port, rejectUnauthorized: false })
    const [here] = await secured
    expect(here.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: plain.addr.port })
    expect(here.remotePort).toBe(there.localPort)
    there.destroy()
    await gone(there)
    await second.close()
  })
})
