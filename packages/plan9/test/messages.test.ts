import { Tclunk, Topen, Tread, Twalk, Twrite } from '@net/9p'
import { IPv4zero, parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { importNet, type ImportedNet, plan9 } from '../src/index.ts'

const kernel = posix({ spin: 'off' })
const loopback = parseIP('127.0.0.1')
const names: Partial<Record<number, string>> = {
  [Twalk]: 'walk',
  [Topen]: 'open',
  [Tread]: 'read',
  [Twrite]: 'write',
  [Tclunk]: 'clunk',
}

/** The connection, with a note of what each message that is written to it is. */
function noted(conn: Conn, messages: string[]): Conn {
  let rest = Buffer.alloc(0)
  const note = (p: Uint8Array): void => {
    rest = Buffer.concat([rest, p])
    while (rest.length >= 4 && rest.length >= rest.readUInt32LE()) {
      messages.push(names[rest.readUInt8(4)] ?? 'other')
      rest = rest.subarray(rest.readUInt32LE())
    }
  }
  return new Proxy(conn, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        if (name === 'write') note(given[0] as Uint8Array)
        if (name === 'writev') for (const p of given[0] as Uint8Array[]) note(p)
        return Reflect.apply(value, target, given)
      }
    },
  })
}

const messages: string[] = []
let net: ImportedNet
let end: () => Promise<void>

beforeAll(async () => {
  const listener = await kernel.listenTCP('tcp', new TCPAddr(loopback, 0))
  const exported = exportNet(kernel, listener)
  net = await importNet(noted(await kernel.dialTCP('tcp', null, listener.addr), messages))
  end = async () => {
    await net.close()
    await exported.close()
  }
})
afterAll(() => end())

/** Waits until what nobody waits for has been answered. */
async function idle(): Promise<void> {
  while (net.requests > 0) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(async () => {
  await idle()
  messages.length = 0
})

/** How many messages of each kind there were since the last look. */
async function taken(): Promise<Record<string, number>> {
  await idle()
  const counts: Record<string, number> = {}
  for (const message of messages.splice(0)) counts[message] = (counts[message] ?? 0) + 1
  return counts
}

const off = { keepAlive: false } as const // keep-alive is one write more, to ctl

test('a dial opens cs, clone, data and local, and keeps data', async () => {
  await using listener = await kernel.listenTCP('tcp', new TCPAddr(loopback, 0))
  const before = net.fids
  const conn = await plan9({ net }).dialTCP('tcp', null, listener.addr, off)
  expect(await taken()).toEqual({ walk: 4, open: 4, write: 2, read: 3, clunk: 3 })
  expect(net.fids - before).toBe(1)
  expect(String(conn.remoteAddr)).toBe(String(listener.addr))
  await using accepted = await listener.accept()
  expect(String(conn.localAddr)).toBe(String(accepted.remoteAddr))
  await taken()
  await conn.close()
  expect(await taken()).toEqual({ clunk: 1 })
})

test('a listen opens cs, clone and local; an accept listen, data and remote, and local where that is not known', async () => {
  for (const ip of [loopback, IPv4zero]) {
    const before = net.fids
    const listener = await plan9({ net }).listenTCP('tcp4', new TCPAddr(ip, 0), off)
    expect(await taken()).toEqual({ walk: 3, open: 3, write: 2, read: 3, clunk: 2 })
    const dialled = await kernel.dialTCP('tcp4', null, new TCPAddr(loopback, listener.addr.port))
    const accepted = await listener.accept()
    const more = ip === loopback ? 0 : 1
    const counts = await taken()
    expect(counts).toMatchObject({ walk: 3 + more, open: 3 + more, clunk: 2 + more })
    expect(net.fids - before).toBe(2)
    expect(String(accepted.localAddr)).toBe(String(dialled.remoteAddr))
    expect(String(accepted.remoteAddr)).toBe(String(dialled.localAddr))
    await Promise.all([accepted.close(), dialled.close(), listener.close()])
    await taken()
  }
})

test('a dial of UDP opens no more than one of TCP, and a listen data as well', async () => {
  const target = plan9({ net })
  const listener = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
  expect(await taken()).toMatchObject({ walk: 4, open: 4, clunk: 3 })
  const conn = await target.dialUDP('udp4', null, listener.localAddr)
  expect(await taken()).toMatchObject({ walk: 4, open: 4, clunk: 3 })
  expect(String(conn.remoteAddr)).toBe(String(listener.localAddr))
  await Promise.all([conn.close(), listener.close()])
})

test('what is told later opens ctl for it: keep-alive, and the hangup of a reset', async () => {
  await using listener = await kernel.listenTCP('tcp', new TCPAddr(loopback, 0))
  const conn = await plan9({ net }).dialTCP('tcp', null, listener.addr)
  await using accepted = await listener.accept()
  await taken()
  conn.setKeepAlive()
  expect(await taken()).toEqual({ walk: 1, open: 1, write: 1, clunk: 1 })
  conn.setLinger(0)
  await conn.close()
  expect(await taken()).toEqual({ walk: 1, open: 1, write: 1, clunk: 2 })
  await expect(accepted.read(new Uint8Array(8))).rejects.toMatchObject({ code: 'ECONNRESET' })
})
