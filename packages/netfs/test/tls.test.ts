import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IPv4zero, parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { Client } from '@net/9p'
import type { Conn, Listener, TCPListener } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkListener, exportNet, listenExport, tlsToExport, tlsListener } from '../src/index.ts'
import { authority, openssl } from './certificates.ts'
import { cat, clone, echo, failure, loopback, read, session, target, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

const key = randomBytes(32)
const keys = { me: key }

function listenTCP(ip = loopback): Promise<TCPListener> {
  return target.listenTCP('tcp', new TCPAddr(ip, 0))
}

async function dial(listener: Listener): Promise<Conn> {
  const { addr } = listener
  if (!(addr instanceof TCPAddr)) throw new TypeError('the listener is none of TCP')
  return target.dialTCP('tcp', null, new TCPAddr(loopback, addr.port))
}

async function expectExchange(a: Conn, b: Conn): Promise<void> {
  const p = new Uint8Array(10)
  await a.write(Buffer.from('ping'))
  expect(await b.read(p)).toBe(4)
  await b.write(Buffer.from('pong'))
  expect(await a.read(p)).toBe(4)
  await a.close()
  expect(await b.read(p)).toBe(null)
  await b.close()
}

describe('a pre-shared key', () => {
  test('lets in who has it', async () => {
    const listener = tlsListener(await listenTCP(), { keys })
    const [a, b] = await Promise.all([
      dial(listener).then((c) => tlsToExport(c, { identity: 'me', key })),
      listener.accept(),
    ])
    await expectExchange(a, b)
    await listener.close()
  })

  test('keeps others out, and they do not keep out the next', async () => {
    const listener = tlsListener(await listenTCP(), { keys })
    const accepting = listener.accept()
    const slow = await dial(listener)
    const rubbish = await dial(listener)
    await rubbish.write(Buffer.from('Tversion? no: rubbish, and more of it'))
    await expect(
      tlsToExport(await dial(listener), { identity: 'me', key: randomBytes(32) }),
    ).rejects.toThrow()
    await expect(tlsToExport(await dial(listener), { identity: 'you', key })).rejects.toThrow()
    const a = await tlsToExport(await dial(listener), { identity: 'me', key })
    await expectExchange(a, await accepting)
    await listener.close()
    await slow.close()
    await rubbish.close()
  })

  test('is not kept out by any number of clients that say nothing', async () => {
    const listener = tlsListener(await listenTCP(), { keys })
    const accepting = listener.accept()
    const silent: Conn[] = []
    for (let i = 0; i < 140; i++) silent.push(await dial(listener))
    const a = await tlsToExport(await dial(listener), { identity: 'me', key })
    await expectExchange(a, await accepting)
    await Promise.all(silent.map((conn) => conn.close()))
    await listener.close()
  })

  // All of 127.0.0.0/8 is this machine only on linux.
  test.skipIf(process.platform !== 'linux')(
    'is not lost to another client that says nothing in any number of handshakes',
    async () => {
      const listener = await listenTCP()
      const secured = tlsListener(listener, { keys })
      const accepting = secured.accept()
      const slow = await dial(listener)
      const silent: Conn[] = []
      for (let i = 0; i < 200; i++) {
        const from = new TCPAddr(parseIP('127.0.0.2'), 0)
        silent.push(await target.dialTCP('tcp', from, new TCPAddr(loopback, listener.addr.port)))
      }
      // Of one client 64 handshakes are under way at a time: the first of them is hung up on.
      expect(await silent[0]?.read(new Uint8Array(1))).toBe(null)
      const a = await tlsToExport(slow, { identity: 'me', key })
      await expectExchange(a, await accepting)
      await Promise.all(silent.map((conn) => conn.close()))
      await secured.close()
    },
  )

  test('that is short, or missing, is a TypeError', async () => {
    const listener = await listenTCP()
    expect(() => tlsListener(listener, { keys: {} })).toThrow(TypeError)
    expect(() => tlsListener(listener, { keys: { me: randomBytes(8) } })).toThrow(TypeError)
    await listener.close()
  })

  test('makes a connection that keeps what the contract promises', async () => {
    const listener = tlsListener(await listenTCP(), { keys })
    const [a, b] = await Promise.all([
      dial(listener).then((c) => tlsToExport(c, { identity: 'me', key })),
      listener.accept(),
    ])
    const big = randomBytes(1 << 20)
    const p = new Uint8Array(big.length)
    const reading = (async () => {
      for (let n = 0; n < p.length;) n += (await b.read(p.subarray(n))) ?? 0
    })()
    expect(await a.write(big)).toBe(big.length)
    await reading
    expect(Buffer.compare(p, big)).toBe(0)
    const abort = new AbortController()
    const pending = b.read(p, { signal: abort.signal })
    const why = new Error('enough')
    abort.abort(why)
    await expect(pending).rejects.toBe(why)
    b.setReadDeadline(1)
    await expect(b.read(p)).rejects.toMatchObject({ timeout: true })
    b.setReadDeadline(null)
    const waiting = expect(b.read(p)).rejects.toThrow('use of closed network connection')
    await b.close()
    await waiting
    await a.close()
    await listener.close()
  })

  test('tlsToExport() is cancelled by its signal', async () => {
    const listener = await listenTCP()
    const abort = new AbortController()
    const dialling = tlsToExport(await dial(listener), { identity: 'me', key, signal: abort.signal })
    const why = new Error('enough')
    abort.abort(why)
    await expect(dialling).rejects.toBe(why)
    await listener.close()
  })
})

describe.skipIf(openssl === null)('certificates', () => {
  test('both ends need one of the authority', async () => {
    const { ca, pairs } = authority(['server.test', 'client.test'])
    const [server, client] = pairs
    const other = authority(['client.test'])
    if (server === undefined || client === undefined || other.pairs[0] === undefined)
      throw new Error('no certificates')
    const listener = tlsListener(await listenTCP(), { ...server, ca })
    const accepting = listener.accept()
    const serverName = 'server.test'
    // A client of another authority may see its handshake succeed, but is not let in.
    const stranger = await tlsToExport(await dial(listener), { ...other.pairs[0], ca, serverName }).catch(
      () => null,
    )
    if (stranger !== null) {
      expect(await stranger.read(new Uint8Array(1)).catch(() => null)).toBe(null)
      await stranger.close()
    }
    await expect(
      tlsToExport(await dial(listener), { ...client, ca, serverName: 'another.test' }),
    ).rejects.toThrow()
    await expect(tlsToExport(await dial(listener), { ...client, ca: other.ca, serverName })).rejects.toThrow()
    const a = await tlsToExport(await dial(listener), { ...client, ca, serverName })
    await expectExchange(a, await accepting)
    await listener.close()
  })
})

describe('exportNet', () => {
  test.skipIf(process.platform === 'win32')('refuses a Unix socket that everybody may write to', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'netfs-'))
    const path = join(dir, 'net')
    const listener = await target.listenUnix('unix', new UnixAddr(path, 'unix'))
    chmodSync(path, 0o666)
    chmodSync(dir, 0o755)
    expect(() => exportNet(target, listener)).toThrow("anybody could use this machine's network")
    chmodSync(dir, 0o700)
    expect(() => {
      checkListener(listener)
    }).not.toThrow()
    await listener.close()
    rmSync(dir, { recursive: true })
  })

  test('refuses TCP beyond loopback without authentication', async () => {
    const open = await listenTCP(IPv4zero)
    expect(() => exportNet(target, open)).toThrow(/^anybody could use this machine's network/)
    expect(() => {
      checkListener(open)
    }).toThrow()
    await expect(listenExport(target, 'tcp!*!0')).rejects.toThrow(/^anybody could use/)
    const net = exportNet(target, open, { dangerouslyServeAnyone: true })
    await net.close()
  })

  test('serves beyond loopback with a pre-shared key', async () => {
    await using peer = await echo()
    const { net, listener } = await listenExport(target, 'tcp!*!0', { tls: { keys } })
    const conn = await tlsToExport(await dial(listener), { identity: 'me', key })
    await using s = await session(await Client.connect(conn))
    const { ctl, dir } = await clone(s, 'tcp')
    await write(ctl, `connect 127.0.0.1!${peer.port}`)
    const data = await s.open(`${dir}/data`)
    await write(data, 'hello')
    expect(await read(data)).toBe('echo:hello')
    expect(await cat(s, `${dir}/status`)).toMatch(/^Established/)
    const plain = await dial(listener)
    expect(await failure(Client.connect(plain))).toMatch(/./)
    await net.close()
  })
})
