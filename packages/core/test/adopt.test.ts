import { once } from 'node:events'
import { createServer as createHTTPServer, get } from 'node:http'
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import type { Conn, TCPConn, UnixConn } from '@net/contract'
import { ledger, testConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, socketPair } from '@net/posix'
import { defaultNet, Net } from '../src/index.ts'
import { fromSocket, toSocket } from '../src/node/index.ts'

const net = defaultNet()
await (await net.listen('tcp', '127.0.0.1:0')).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-adopt-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const text = (s: string): Uint8Array => new TextEncoder().encode(s)

async function listening(where: string | number): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
  if (typeof where === 'string') server.listen(where)
  else server.listen(where, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Two ends that were sockets of node:net. */
async function pair(where: string | number): Promise<{ c1: Conn; c2: Conn; stop: () => Promise<void> }> {
  const server = await listening(where)
  const accepting = once(server, 'connection') as Promise<[Socket]>
  const address = server.address()
  const socket =
    typeof address === 'string' ? connect(address) : connect((address as AddressInfo).port, '127.0.0.1')
  const [[accepted]] = await Promise.all([accepting, once(socket, 'connect')])
  const [c1, c2] = await Promise.all([fromSocket(net, socket), fromSocket(net, accepted)])
  await new Promise((resolve) => server.close(resolve))
  const stop = async (): Promise<void> => {
    await Promise.all([c1.close(), c2.close()])
  }
  return { c1, c2, stop }
}

let count = 0
testConn({ test }, () => pair(0), {
  label: 'fromSocket() of tcp',
  network: 'tcp',
  halfClose: true,
  byteStreams: true,
})
testConn({ test }, () => pair(join(dir, `s${count++}`)), {
  label: 'fromSocket() of unix',
  network: 'unix',
  halfClose: true,
  byteStreams: true,
})

test('fromSocket() takes the socket of an http upgrade over', async () => {
  const server = createHTTPServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const taken = new Promise<Conn>((resolve, reject) => {
    server.on('upgrade', (_req, socket: Duplex) => {
      if (socket instanceof Socket) fromSocket(net, socket).then(resolve, reject)
    })
  })
  const { port } = server.address() as AddressInfo
  const client = get({ port, host: '127.0.0.1', headers: { Connection: 'Upgrade', Upgrade: 'echo' } })
  const c = await taken
  await c.write(text('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'))
  const [, socket] = (await once(client, 'upgrade')) as [unknown, Socket]
  socket.write('hello')
  const p = new Uint8Array(16)
  expect(await c.read(p)).toBe(5)
  await c.close()
  socket.destroy()
  server.close()
  await once(server, 'close')
})

test('fromSocket() refuses what it cannot take whole, and leaves it alone', async () => {
  const server = await listening(0)
  const { port } = server.address() as AddressInfo
  const accepting = once(server, 'connection') as Promise<[Socket]>
  const socket = connect(port, '127.0.0.1')
  await expect(fromSocket(net, socket)).rejects.toThrow('the socket is not connected')
  const [[accepted]] = await Promise.all([accepting, once(socket, 'connect')])
  accepted.write('early')
  await once(socket, 'readable')
  await expect(fromSocket(net, socket)).rejects.toThrow('the socket has bytes that were read already')
  expect(String(socket.read())).toBe('early')
  socket.cork()
  socket.write('late')
  await expect(fromSocket(net, socket)).rejects.toThrow('the socket has bytes that are not written yet')
  socket.uncork()
  await once(accepted, 'readable')
  expect(String(accepted.read())).toBe('late')
  await expect(fromSocket(new Net(hosted()), socket)).rejects.toMatchObject({ op: 'file', code: 'EWINDOWS' })
  await expect(fromSocket(net, new Duplex() as unknown as Socket)).rejects.toThrow(TypeError)
  socket.write('still')
  expect(String((await once(accepted, 'data'))[0])).toBe('still')
  socket.destroy()
  accepted.destroy()
  await expect(fromSocket(net, socket)).rejects.toThrow('the socket is not connected')
  server.close()
  await once(server, 'close')
})

async function connected(): Promise<[TCPConn, TCPConn]> {
  const l = await net.listen('tcp', '127.0.0.1:0')
  const both = await Promise.all([net.dial('tcp', l.addr.toString()), l.accept()])
  await l.close()
  return both
}

test.each([
  ['tcp', connected],
  ['unix', () => Promise.resolve(socketPair())],
] as const)('toSocket() gives a %s connection to node:net', async (_network, make) => {
  const [a, b]: [TCPConn | UnixConn, TCPConn | UnixConn] = await make()
  const waiting = expect(a.read(new Uint8Array(1))).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  const socket = await toSocket(a, { allowHalfOpen: true })
  await waiting
  await b.write(text('hello'))
  expect(String((await once(socket, 'data'))[0])).toBe('hello')
  socket.end('answer')
  const p = new Uint8Array(16)
  expect(await b.read(p)).toBe(6)
  expect(await b.read(p)).toBe(null)
  await b.close()
  await once(socket, 'close')
})

test('a connection goes to node:net and comes back', async () => {
  const [a, b] = await connected()
  const c = await fromSocket(net, await toSocket(a))
  await c.write(text('round'))
  expect(await b.read(new Uint8Array(8))).toBe(5)
  expect(c.remoteAddr.toString()).toBe(b.localAddr.toString())
  await Promise.all([b.close(), c.close()])
})

test('toSocket() refuses what is no stream, is closed, or has no descriptor', async () => {
  const [x, y] = socketPair('unixgram')
  await expect(toSocket(x)).rejects.toThrow('a unixgram connection is no stream')
  const [a, b] = await connected()
  await Promise.all([a, b, x, y].map((c) => c.close()))
  await expect(toSocket(a)).rejects.toMatchObject({ op: 'file', code: 'ERR_CLOSED' })
  const host = new Net(hosted())
  const l = await host.listen('tcp', '127.0.0.1:0')
  const [c, d] = await Promise.all([host.dial('tcp', l.addr.toString()), l.accept()])
  await expect(toSocket(c)).rejects.toMatchObject({ op: 'file', code: 'EWINDOWS' })
  await Promise.all([c.close(), d.close(), l.close()])
})
