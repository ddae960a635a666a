import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import {
  createServer as createNetServer,
  type AddressInfo,
  type Server,
  type Socket as NodeSocket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createServer, TLSSocket, type TlsOptions } from 'node:tls'
import { promisify } from 'node:util'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { openssl, selfSigned } from '@net/peers'
import { hosted } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, Net } from '../src/index.ts'
import { connect, connector, SocketError, type Connect } from '../src/web/index.ts'

let dir: string
let pair: { cert: string; key: string }
let balanced: () => Promise<void>
let trusting: Connect

beforeAll(async () => {
  if (openssl === null) return
  dir = await mkdtemp(join(tmpdir(), 'net-web-'))
  pair = selfSigned(dir, ['DNS:localhost', 'DNS:other.example', 'IP:127.0.0.1'])
  trusting = connector(defaultNet(), { tls: { ca: pair.cert } })
  await using server = await secureServer(echo)
  await trusting(server.address, { secureTransport: 'on' }).opened // loads what is loaded once
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  if (openssl === null) return
  await balanced()
  await rm(dir, { recursive: true })
})

interface Running extends AsyncDisposable {
  readonly port: number
  readonly address: string
}

async function running(server: Server, sockets: Set<NodeSocket>): Promise<Running> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    address: `localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A TLS server of Node's with the certificate. */
function secureServer(each: (socket: TLSSocket) => void, options: TlsOptions = {}): Promise<Running> {
  const sockets = new Set<NodeSocket>()
  const server = createServer({ ...pair, allowHalfOpen: true, ...options }, each)
  server.on('tlsClientError', () => {})
  server.on('connection', (socket: NodeSocket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.on('secureConnection', (socket) => socket.on('error', () => {}))
  return running(server, sockets)
}

/** A server that greets, answers one line of plain text and then speaks TLS: what STARTTLS protocols do. */
function upgradingServer(each: (socket: TLSSocket) => void, heard: string[] = []): Promise<Running> {
  const sockets = new Set<NodeSocket>()
  const server = createNetServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('220 hello\r\n')
    let line = ''
    socket.on('data', function ask(data: Buffer) {
      line += data.toString('latin1')
      if (!line.endsWith('STARTTLS\r\n')) return
      heard.push(line)
      socket.off('data', ask)
      socket.write('220 go ahead\r\n')
      const secure = new TLSSocket(socket, { isServer: true, ...pair })
      secure.on('error', () => {})
      secure.once('secure', () => each(secure))
    })
  })
  return running(server, sockets)
}

function echo(socket: TLSSocket): void {
  socket.pipe(socket)
}

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

async function put(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter()
  await writer.write(Buffer.from(text))
  writer.releaseLock()
}

describe.skipIf(openssl === null)(
  "connect() with secureTransport 'on' (needs openssl for a certificate)",
  () => {
    test('speaks TLS, and opened comes with the end of the handshake', async () => {
      await using server = await secureServer(echo)
      await using socket = trusting(server.address, { secureTransport: 'on' })
      const info = await socket.opened
      expect(info).toMatchObject({ remoteAddress: `127.0.0.1:${server.port}`, alpn: null })
      await put(socket.writable, 'hello')
      expect(await take(socket.readable, 5)).toBe('hello')
      expect(socket.secureTransport).toBe('on')
    })

    test('carries many bytes unchanged, both ways at once, over the host too', async () => {
      const body = randomBytes(1 << 20)
      for (const net of [defaultNet(), new Net(hosted())]) {
        await using server = await secureServer(echo)
        const socket = connector(net, { tls: { ca: pair.cert } })(server.address, {
          secureTransport: 'on',
          allowHalfOpen: true,
        })
        const sent = new Blob([body]).stream().pipeTo(socket.writable)
        expect((await buffer(socket.readable)).equals(body)).toBe(true)
        await sent
        await socket.closed
      }
    })

    test("closes itself with the peer's end of stream", async () => {
      await using server = await secureServer((peer) => peer.end('bye'))
      const socket = trusting(server.address, { secureTransport: 'on' })
      expect((await buffer(socket.readable)).toString()).toBe('bye')
      expect(await socket.closed).toBeUndefined()
    })

    test('offers protocols and tells which the server took', async () => {
      await using server = await secureServer(echo, { ALPNProtocols: ['http/1.1'] })
      await using socket = trusting(server.address, { secureTransport: 'on', alpn: ['h2', 'http/1.1'] })
      expect((await socket.opened).alpn).toBe('http/1.1')
    })

    test('asks for the hostname, and for sni in its place', async () => {
      const asked: (string | false | null | undefined)[] = []
      await using server = await secureServer((peer) => {
        asked.push(peer.servername)
        echo(peer)
      })
      for (const sni of [null, 'other.example']) {
        await using socket = trusting(server.address, { secureTransport: 'on', sni })
        await socket.opened
        await put(socket.writable, 'x')
        expect(await take(socket.readable, 1)).toBe('x')
      }
      await using byAddress = trusting(`127.0.0.1:${server.port}`, { secureTransport: 'on' })
      await byAddress.opened
      await put(byAddress.writable, 'x')
      expect(await take(byAddress.readable, 1)).toBe('x')
      expect(asked.map((name) => (name === false ? '' : name))).toEqual(['localhost', 'other.example', ''])
    })

    test('rejects a certificate that nobody vouches for, or of another name', async () => {
      await using server = await secureServer(echo)
      const strange = connect(server.address, { secureTransport: 'on' })
      await expect(strange.opened).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
      await expect(strange.closed).rejects.toThrow(SocketError)
      const misnamed = trusting(server.address, { secureTransport: 'on', sni: 'wrong.example' })
      await expect(misnamed.opened).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      await expect(misnamed.readable.getReader().read()).rejects.toThrow(/^SocketError: /)
    })

    test('rejects when the server speaks no TLS, and when it hangs up', async () => {
      for (const answer of [
        (s: NodeSocket) => void s.write('220 plain\r\n'),
        (s: NodeSocket) => void s.end(),
      ]) {
        const sockets = new Set<NodeSocket>()
        const plain = createNetServer((s) => {
          sockets.add(s.on('error', () => {}))
          answer(s)
        })
        await using server = await running(plain, sockets)
        await expect(trusting(server.address, { secureTransport: 'on' }).opened).rejects.toThrow(SocketError)
      }
    })

    test('can be closed in the middle of the handshake', async () => {
      const sockets = new Set<NodeSocket>()
      const silent = createNetServer((s) => void sockets.add(s.on('error', () => {})))
      await using server = await running(silent, sockets)
      const socket = trusting(server.address, { secureTransport: 'on' })
      await once(silent, 'connection')
      const reason = new Error('enough')
      await socket.close(reason)
      await expect(socket.opened).rejects.toBe(reason)
    })

    test("talks to openssl's own server", async () => {
      const args = [
        's_server',
        '-accept',
        '127.0.0.1:0',
        '-cert',
        'cert.pem',
        '-key',
        'key.pem',
        '-rev',
        '-naccept',
        '1',
      ]
      const child = spawn(openssl ?? '', args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] })
      const exited = once(child, 'exit')
      const port = await new Promise<string>((resolve) => {
        let said = ''
        child.stdout.on('data', (data) => {
          said += String(data)
          const listening = /^ACCEPT 127\.0\.0\.1:(\d+)$/m.exec(said)
          if (listening?.[1] !== undefined) resolve(listening[1])
        })
      })
      const socket = trusting(`localhost:${port}`, { secureTransport: 'on' })
      await put(socket.writable, 'stressed\n')
      expect(await take(socket.readable, 9)).toBe('desserts\n')
      await socket.close()
      await exited
    })
  },
)

describe.skipIf(openssl === null)('Socket.startTls() (needs openssl for a certificate)', () => {
  test('goes on with TLS on the same connection', async () => {
    const heard: string[] = []
    await using server = await upgradingServer(echo, heard)
    const plain = trusting(server.address, { secureTransport: 'starttls' })
    expect(await take(plain.readable, 11)).toBe('220 hello\r\n')
    await put(plain.writable, 'STARTTLS\r\n')
    expect(await take(plain.readable, 14)).toBe('220 go ahead\r\n')
    await using secure = plain.startTls()
    expect([plain.upgraded, plain.secureTransport]).toEqual([true, 'starttls'])
    expect([secure.upgraded, secure.secureTransport]).toEqual([false, 'on'])
    expect(await plain.closed).toBeUndefined()
    await put(secure.writable, 'now in secret')
    expect(await take(secure.readable, 13)).toBe('now in secret')
    expect(await secure.opened).toEqual(await plain.opened)
    expect(heard).toEqual(['STARTTLS\r\n'])
  })

  test('lets what was written go out first, and ends the streams of the socket before', async () => {
    const heard: string[] = []
    await using server = await upgradingServer(echo, heard)
    const plain = trusting(server.address, { secureTransport: 'starttls' })
    expect(await take(plain.readable, 11)).toBe('220 hello\r\n')
    const reader = plain.readable.getReader()
    const writer = plain.writable.getWriter()
    const body = 'x'.repeat(1 << 20)
    const written = [writer.write(Buffer.from(body)), writer.write(Buffer.from('STARTTLS\r\n'))]
    await Promise.all(written)
    const goAhead = await reader.read()
    expect(Buffer.from(goAhead.value ?? []).toString()).toBe('220 go ahead\r\n')
    const pending = reader.read()
    const secure = plain.startTls()
    expect((await pending).done).toBe(true)
    await plain.closed
    await expect(writer.write(Buffer.from('late'))).rejects.toThrow(
      'SocketError: the socket has been upgraded',
    )
    await put(secure.writable, 'hello')
    expect(await take(secure.readable, 5)).toBe('hello')
    expect(heard).toEqual([`${body}STARTTLS\r\n`])
    await secure.close()
  })

  test('may be called before the connection stands', async () => {
    await using server = await secureServer(echo)
    const plain = trusting(server.address, { secureTransport: 'starttls' })
    await using secure = plain.startTls()
    await put(secure.writable, 'hello')
    expect(await take(secure.readable, 5)).toBe('hello')
    expect((await plain.opened).remoteAddress).toBe(`127.0.0.1:${server.port}`)
  })

  test('throws for a socket that is not meant for it, was upgraded before or is closed', async () => {
    await using server = await secureServer(echo)
    for (const secureTransport of ['off', 'on'] as const) {
      await using socket = trusting(server.address, { secureTransport })
      expect(() => socket.startTls()).toThrow(SocketError)
    }
    const twice = trusting(server.address, { secureTransport: 'starttls' })
    await using secure = twice.startTls()
    expect(() => twice.startTls()).toThrow('SocketError: the socket has been upgraded')
    await secure.opened
    expect(() => secure.startTls()).toThrow(SocketError)
    const closed = trusting(server.address, { secureTransport: 'starttls' })
    await closed.close()
    expect(() => closed.startTls()).toThrow('SocketError: the socket is closed')
  })

  test('gives the connection back when the new socket is closed while it waits', async () => {
    const sockets = new Set<NodeSocket>()
    const silent = createNetServer((s) => void sockets.add(s.on('error', () => {}).pause()))
    await using server = await running(silent, sockets)
    const plain = trusting(server.address, { secureTransport: 'starttls' })
    const writer = plain.writable.getWriter()
    const stuck = writer.write(new Uint8Array(64 << 20))
    await plain.opened
    const secure = plain.startTls()
    const reason = new Error('enough')
    await secure.close(reason)
    await expect(secure.opened).rejects.toBe(reason)
    await expect(stuck).rejects.toThrow(SocketError)
  })
})

test.skipIf(openssl === null)('an idle socket does not keep the process alive (needs openssl)', async () => {
  await using server = await secureServer(echo)
  const program = `
    import { readFileSync } from 'node:fs'
    import { defaultNet } from '@net/core'
    import { connector } from '@net/core/web'
    const connect = connector(defaultNet(), { tls: { ca: readFileSync('${join(dir, 'cert.pem')}') } })
    for (const secureTransport of ['off', 'on']) {
      const socket = connect('${server.address}', { secureTransport })
      const { remoteAddress } = await socket.opened
      console.log(secureTransport, remoteAddress)
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
  })
  expect(stdout).toBe(`off 127.0.0.1:${server.port}\non 127.0.0.1:${server.port}\n`)
})
