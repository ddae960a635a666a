import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket as NodeSocket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, Net } from '../src/index.ts'
import { connect, connector, Socket, SocketError, type SocketOptions } from '../src/web/index.ts'

const text = new TextEncoder()
const nets = [
  ['the kernel', connect],
  ['the host', connector(new Net(hosted()))],
] as const

let balanced: () => Promise<void>

beforeAll(async () => {
  await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

/** A server of Node's that treats each connection in one way, and is gone with its scope. */
async function serve(
  each: (socket: NodeSocket) => void,
): Promise<AsyncDisposable & { port: number; address: string }> {
  const sockets = new Set<NodeSocket>()
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    each(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((r) => (resolve = r))
  return { promise, resolve: (value) => resolve(value) }
}

function echo(socket: NodeSocket): void {
  socket.pipe(socket)
}

/** Reads `n` bytes and lets the reader go. */
async function take(stream: ReadableStream<Uint8Array>, n: number): Promise<string> {
  const reader = stream.getReader()
  let got = ''
  while (got.length < n) {
    const { value, done } = await reader.read()
    if (done) break
    got += Buffer.from(value).toString('latin1')
  }
  reader.releaseLock()
  return got
}

async function put(stream: WritableStream<Uint8Array>, bytes: string): Promise<void> {
  const writer = stream.getWriter()
  await writer.write(text.encode(bytes))
  writer.releaseLock()
}

describe.each(nets)('connect() over %s', (_name, connect) => {
  test('gives a socket at once, whose streams wait for the connection', async () => {
    await using server = await serve(echo)
    const socket = connect(server.address)
    expect(socket).toBeInstanceOf(Socket)
    expect([socket.secureTransport, socket.upgraded]).toEqual(['off', false])
    await put(socket.writable, 'before it stands')
    expect(await take(socket.readable, 16)).toBe('before it stands')
    const { remoteAddress, localAddress, alpn } = await socket.opened
    expect([remoteAddress, alpn]).toEqual([server.address, null])
    expect(localAddress).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(socket.close()).toBe(socket.closed)
    expect(await socket.closed).toBeUndefined()
  })

  test('takes the address as an object', async () => {
    await using server = await serve(echo)
    await using socket = connect({ hostname: '127.0.0.1', port: server.port })
    expect((await socket.opened).remoteAddress).toBe(server.address)
  })

  test('carries many bytes unchanged, both ways at once', async () => {
    await using server = await serve(echo)
    const socket = connect(server.address, { allowHalfOpen: true })
    const body = randomBytes(1 << 20)
    const sent = new Blob([body]).stream().pipeTo(socket.writable)
    expect((await buffer(socket.readable)).equals(body)).toBe(true)
    await sent
    await socket.closed // both sides have ended
  })

  test("closes itself with the peer's end of stream, after what was written", async () => {
    const gone = withResolvers<Buffer>()
    await using server = await serve((peer) => {
      peer.end('bye')
      void buffer(peer).then(gone.resolve)
    })
    const socket = connect(server.address)
    const writer = socket.writable.getWriter()
    const body = randomBytes(1 << 20)
    const written = writer.write(body)
    expect((await buffer(socket.readable)).toString()).toBe('bye')
    await written
    expect(await socket.closed).toBeUndefined()
    expect((await gone.promise).equals(body)).toBe(true)
    await expect(writer.write(text.encode('more'))).rejects.toThrow('SocketError: the socket is closed')
  })

  test('closes its writable with it', async () => {
    await using server = await serve((peer) => peer.end())
    const socket = connect(server.address)
    expect((await buffer(socket.readable)).length).toBe(0)
    await socket.closed
    await socket.writable.getWriter().closed
  })

  test('can pipe its readable into its writable', async () => {
    const heard = withResolvers<Buffer>()
    await using server = await serve((peer) => {
      peer.end('back to you')
      void buffer(peer).then(heard.resolve)
    })
    const socket = connect(server.address)
    await socket.readable.pipeTo(socket.writable)
    expect((await heard.promise).toString()).toBe('back to you')
    await socket.closed
  })

  test('with allowHalfOpen writes on after the end, until it is closed', async () => {
    const heard = withResolvers<Buffer>()
    await using server = await serve((peer) => {
      peer.end('first')
      void buffer(peer).then(heard.resolve)
    })
    const socket = connect(server.address, { allowHalfOpen: true })
    expect((await buffer(socket.readable)).toString()).toBe('first')
    const writer = socket.writable.getWriter()
    await writer.write(text.encode('second'))
    await writer.close()
    expect((await heard.promise).toString()).toBe('second')
    await socket.closed
  })

  test('settles closed when the peer resets the connection', async () => {
    await using server = await serve((peer) => peer.once('data', () => peer.resetAndDestroy()))
    const socket = connect(server.address)
    await put(socket.writable, 'x')
    await expect(buffer(socket.readable)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await socket.closed).toBeUndefined()
  })

  test('tells everybody when it cannot connect', async () => {
    const server = await serve(echo)
    await server[Symbol.asyncDispose]()
    const socket = connect(server.address)
    const refused = {
      message: `SocketError: dial tcp ${server.address}: connect: connection refused`,
      code: 'ECONNREFUSED',
    }
    const told = await Promise.allSettled([
      socket.opened,
      socket.closed,
      socket.readable.getReader().read(),
      socket.writable.getWriter().write(text.encode('x')),
    ])
    for (const one of told) {
      expect(one.status).toBe('rejected')
      const reason: unknown = one.status === 'rejected' ? one.reason : null
      expect(reason).toBeInstanceOf(SocketError)
      expect(reason).toBeInstanceOf(TypeError)
      expect(reason).toMatchObject(refused)
    }
  })

  test('leaves no unhandled rejection when nobody looks', async () => {
    const server = await serve(echo)
    await server[Symbol.asyncDispose]()
    const unhandled: unknown[] = []
    const note = (e: unknown) => void unhandled.push(e)
    process.on('unhandledRejection', note)
    const socket = connect(server.address)
    await expect(socket.closed).rejects.toThrow(SocketError)
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('reads into the buffer of a BYOB reader', async () => {
    await using server = await serve(echo)
    await using socket = connect(server.address)
    await put(socket.writable, 'hello')
    const reader = socket.readable.getReader({ mode: 'byob' })
    const { value } = await reader.read(new Uint8Array(16))
    expect(Buffer.from(value ?? []).toString()).toBe('hello')
    const pending = reader.read(new Uint8Array(16))
    await socket.close()
    expect((await pending).done).toBe(true)
  })
})

describe('Socket.close()', () => {
  test('ends reads, fails writes with the reason, and the peer sees the end', async () => {
    const peer = withResolvers<NodeSocket>()
    await using server = await serve(peer.resolve)
    const socket = connect(server.address)
    await socket.opened
    const reading = socket.readable.getReader().read()
    const writer = socket.writable.getWriter()
    const reason = new Error('enough')
    const closed = socket.close(reason)
    expect(closed).toBe(socket.closed)
    expect(await reading).toEqual({ value: undefined, done: true })
    await expect(writer.write(text.encode('x'))).rejects.toBe(reason)
    expect(await closed).toBeUndefined()
    expect(await buffer(await peer.promise)).toHaveLength(0)
  })

  test('fails a write that waits for the peer', async () => {
    await using server = await serve((peer) => peer.pause())
    const socket = connect(server.address)
    const writer = socket.writable.getWriter()
    const stuck = writer.write(new Uint8Array(64 << 20))
    const next = writer.write(text.encode('x'))
    await socket.opened
    await socket.close()
    await expect(stuck).rejects.toThrow(SocketError)
    await expect(next).rejects.toThrow('SocketError: the socket is closed')
  })

  test('rejects opened with the reason while it connects', async () => {
    await using server = await serve(echo)
    const socket = connect(server.address)
    const reason = new Error('too slow')
    await socket.close(reason)
    await expect(socket.opened).rejects.toBe(reason)
    await expect(socket.writable.getWriter().write(text.encode('x'))).rejects.toBe(reason)
    expect((await socket.readable.getReader().read()).done).toBe(true)
  })

  test('comes with aborting the writable, and not with cancelling the readable', async () => {
    await using server = await serve(echo)
    const socket = connect(server.address)
    await socket.opened
    await socket.readable.cancel()
    await put(socket.writable, 'still there')
    const reason = new Error('abandoned')
    await socket.writable.abort(reason)
    expect(await socket.closed).toBeUndefined()
  })
})

describe('connect()', () => {
  test.each([
    ['an empty text', ''],
    ['no port', 'example.com'],
    ['an empty port', 'example.com:'],
    ['a service', 'example.com:http'],
    ['no host', ':80'],
    ['a port out of range', 'example.com:65536'],
    ['too many colons', '::1:80'],
    ['a negative port', { hostname: 'example.com', port: -1 }],
    ['a broken port', { hostname: 'example.com', port: 1.5 }],
    ['an object without a name', { hostname: '', port: 80 }],
  ])('throws a SocketError for %s', (_what, address) => {
    expect(() => connect(address)).toThrow(SocketError)
    expect(() => connect(address)).toThrow(/^SocketError: /)
  })

  test.each<[string, object]>([
    ['an unknown secureTransport', { secureTransport: 'tls' }],
    ['sni without TLS', { sni: 'example.com' }],
    ['alpn without TLS', { alpn: ['h2'] }],
    ['an empty sni', { secureTransport: 'on', sni: '' }],
    ['an alpn that is no list', { secureTransport: 'on', alpn: 'h2' }],
  ])('throws a SocketError for %s', (_what, options) => {
    expect(() => connect('127.0.0.1:1', options as SocketOptions)).toThrow(SocketError)
  })

  test('takes an IPv6 address with and without brackets', async () => {
    for (const hostname of ['::1', '[::1]']) {
      const refused = connect({ hostname, port: 1 }).opened
      await expect(refused).rejects.toThrow(/^SocketError: dial tcp \[::1\]:1: connect: /)
    }
  })

  test('refuses to write what is no bytes', async () => {
    await using server = await serve(echo)
    await using socket = connect(server.address)
    const writer = socket.writable.getWriter()
    await expect(writer.write('text' as unknown as Uint8Array)).rejects.toThrow(TypeError)
  })

  test('passes the options of its connector on to the dial', async () => {
    const seen: string[] = []
    await using server = await serve(echo)
    const control = (network: string, address: string) => void seen.push(`${network} ${address}`)
    await using socket = connector(defaultNet(), { dial: { control } })(server.address)
    await socket.opened
    expect(seen).toEqual([`tcp4 ${server.address}`])
  })
})
