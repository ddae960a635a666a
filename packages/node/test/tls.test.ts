import { randomBytes } from 'node:crypto'
import { ipv4, TCPAddr } from '@net/addr'
import type { Conn, Listener } from '@net/contract'
import { ledger, testConn, testListener } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, posix } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tlsClient, secureListener, type TLSConn } from '../src/tls.ts'

const psk = randomBytes(32)
const suite = {
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const
const serverOptions = { ...suite, pskCallback: () => psk }
const clientOptions = {
  ...suite,
  checkServerIdentity: () => undefined,
  pskCallback: () => ({ psk, identity: 'me' }),
}
const loopback = new TCPAddr(ipv4(127, 0, 0, 1), 0)
const targets = [posix(), hosted()]

let check: () => Promise<void>
beforeAll(async () => {
  for (const target of targets) await (await target.listenTCP('tcp', loopback)).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

describe.each(targets)('over $name', (target) => {
  async function listen(): Promise<Listener> {
    return secureListener(await target.listenTCP('tcp', loopback), serverOptions)
  }

  async function client({ addr }: Listener): Promise<TLSConn> {
    if (!(addr instanceof TCPAddr)) throw new TypeError('the listener is none of TCP')
    return tlsClient(await target.dialTCP('tcp', null, addr), clientOptions)
  }

  async function pair(): Promise<[TLSConn, Conn, Listener]> {
    const listener = await listen()
    return [...(await Promise.all([client(listener), listener.accept()])), listener]
  }

  testConn(
    { test },
    async () => {
      const [c1, c2, listener] = await pair()
      return {
        c1,
        c2,
        stop: async () => {
          await Promise.all([c1.close(), c2.close()])
          await listener.close()
        },
      }
    },
    {
      label: `TLS over ${target.name}`,
      kind: 'stream',
      network: 'tcp',
      halfClose: true,
      byteStreams: true,
    },
  )

  testListener(
    { test },
    async () => {
      const listener = await listen()
      const made: Conn[] = []
      return {
        listener,
        dial: async () => {
          const conn = await client(listener)
          made.push(conn)
          return conn
        },
        stop: async () => {
          await Promise.all(made.map((conn) => conn.close()))
          await listener.close()
        },
      }
    },
    { label: `TLS over ${target.name}`, network: 'tcp' },
  )

  test('secureListener() gives each of many clients that come at once its own connection', async () => {
    const listener = await listen()
    const clients = await Promise.all(Array.from({ length: 20 }, () => client(listener)))
    const servers = await Promise.all(clients.map(() => listener.accept()))
    const p = new Uint8Array(100)
    for (const conn of servers) {
      const peer = clients.find((c) => c.localAddr.toString() === conn.remoteAddr.toString())
      if (peer === undefined) throw new Error(`nobody is ${conn.remoteAddr.toString()}`)
      await peer.write(Buffer.from(peer.localAddr.toString()))
      const n = (await conn.read(p)) ?? 0
      expect(Buffer.from(p.subarray(0, n)).toString()).toBe(conn.remoteAddr.toString())
    }
    await Promise.all([...clients, ...servers].map((conn) => conn.close()))
    await listener.close()
  })

  test('secureListener() reads its options once, not for each client', async () => {
    let reads = 0
    const options = {
      ...serverOptions,
      get ca(): undefined {
        reads++
        return undefined
      },
    }
    const listener = secureListener(await target.listenTCP('tcp', loopback), options)
    const before = reads
    expect(before).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) {
      const conns = await Promise.all([client(listener), listener.accept()])
      await Promise.all(conns.map((conn) => conn.close()))
    }
    expect(reads).toBe(before)
    await listener.close()
  })

  test('secureListener() lets go at once of a client that hangs up before its handshake', async () => {
    const below = await target.listenTCP('tcp', loopback)
    const listener = secureListener(below, serverOptions) // whose handshakes may take two minutes
    const nothingMore = ledger(keepLeaks())
    for (let i = 0; i < 3; i++) await (await target.dialTCP('tcp', null, below.addr)).close()
    const talker = await target.dialTCP('tcp', null, below.addr)
    await talker.write(Uint8Array.of(22, 3, 1)) // the beginning of a ClientHello
    await talker.close()
    await expect(nothingMore()).resolves.toBeUndefined()
    await listener.close()
  })

  test('TLSConn.write() keeps the bytes of many connections apart', async () => {
    const listener = await listen()
    const size = 300_000 // bytes, several pieces and a rest
    const check = async (c: Conn): Promise<void> => {
      const p = new Uint8Array(50_000)
      let n = 0
      let byte = -1
      for (let got = await c.read(p); got !== null; got = await c.read(p)) {
        if (byte < 0) byte = p[0] ?? -1
        expect(p.subarray(0, got).every((b) => b === byte)).toBe(true)
        n += got
      }
      expect(n).toBe(3 * size)
      await c.close()
    }
    const send = async (byte: number): Promise<void> => {
      const c = await client(listener)
      const p = new Uint8Array(size)
      for (let i = 0; i < 3; i++) {
        p.fill(byte)
        await c.write(p)
        p.fill(255) // what was written is the writer's again
      }
      await c.closeWrite()
      await c.read(new Uint8Array(1))
      await c.close()
    }
    const accept = async (): Promise<void> => check(await listener.accept())
    await Promise.all(Array.from({ length: 24 }, (_, i) => [send(i), accept()]).flat())
    await listener.close()
  })

  test('TLSConn.closeWrite() lets the peer read to the end and answer', async () => {
    const [a, b, listener] = await pair()
    const p = new Uint8Array(100)
    await a.write(Buffer.from('question'))
    await a.closeWrite()
    await a.closeWrite()
    expect(await b.read(p)).toBe(8)
    expect(await b.read(p)).toBe(null)
    await b.write(Buffer.from('answer'))
    expect(await a.read(p)).toBe(6)
    await expect(a.write(p)).rejects.toMatchObject({ op: 'write', code: 'EPIPE' })
    await Promise.all([a.close(), b.close()])
    await listener.close()
  })

  test('tlsClient() rejects when the server hangs up, and closes the connection', async () => {
    const plain = await target.listenTCP('tcp', loopback)
    const conn = await target.dialTCP('tcp', null, plain.addr)
    const shaking = tlsClient(conn, clientOptions)
    const p = new Uint8Array(1 << 16)
    const peer = await plain.accept()
    expect(await peer.read(p)).toBeGreaterThan(0) // what a client says first
    await peer.closeWrite()
    await expect(shaking).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(conn.read(p)).rejects.toThrow('use of closed network connection')
    await peer.close()
    await plain.close()
  })

  test('tlsClient() rejects with the reason of its signal, before and during the handshake', async () => {
    const plain = await target.listenTCP('tcp', loopback)
    const why = new Error('enough')
    const early = await target.dialTCP('tcp', null, plain.addr)
    await expect(tlsClient(early, clientOptions, { signal: AbortSignal.abort(why) })).rejects.toBe(why)
    const abort = new AbortController()
    const late = await target.dialTCP('tcp', null, plain.addr)
    const shaking = tlsClient(late, clientOptions, { signal: abort.signal })
    abort.abort(why)
    await expect(shaking).rejects.toBe(why)
    await plain.close()
  })

  test('tlsClient() rejects for options that make no sense, and closes the connection', async () => {
    const plain = await target.listenTCP('tcp', loopback)
    const conn = await target.dialTCP('tcp', null, plain.addr)
    await expect(tlsClient(conn, { cert: 'no certificate' })).rejects.toMatchObject({
      code: 'ERR_OSSL_PEM_NO_START_LINE',
    })
    await expect(conn.read(new Uint8Array(1))).rejects.toThrow('use of closed network connection')
    await plain.close()
  })
})

test('secureListener() throws for options that make no sense', async () => {
  const plain = await posix().listenTCP('tcp', loopback)
  expect(() => secureListener(plain, { cert: 'no certificate' })).toThrow('no start line')
  await plain.close()
})
