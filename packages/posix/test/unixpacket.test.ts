import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import type { Conn, UnixConn } from '@net/contract'
import { ledger, testConn, testListener } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUnixSync, posix, socketPair } from '../src/index.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-unixpacket-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

let count = 0
const unused = (): string => join(dir, `s${count++}`)
const packet = (name: string): UnixAddr => new UnixAddr(name, 'unixpacket')

async function closeAll(conns: readonly Pick<Conn, 'close'>[]): Promise<void> {
  await Promise.all(conns.map((c) => c.close()))
}

async function connected(): Promise<[UnixConn, UnixConn]> {
  const listener = listenUnixSync('unixpacket', packet(unused()))
  const pair = await Promise.all([target.dialUnix('unixpacket', null, listener.addr), listener.accept()])
  await listener.close()
  return pair
}

testConn(
  { test },
  async () => {
    const [c1, c2] = await connected()
    return { c1, c2, stop: () => closeAll([c1, c2]) }
  },
  { label: 'unixpacket', kind: 'seqpacket', network: 'unixpacket', halfClose: true },
)

testConn(
  { test },
  () => {
    const [c1, c2] = socketPair('unixpacket')
    return Promise.resolve({ c1, c2, stop: () => closeAll([c1, c2]) })
  },
  { label: 'unixpacket, a pair', kind: 'seqpacket', network: 'unixpacket', halfClose: true },
)

testListener(
  { test },
  () => {
    const listener = listenUnixSync('unixpacket', packet(unused()))
    const dialled: Conn[] = []
    return Promise.resolve({
      listener,
      async dial() {
        const c = await target.dialUnix('unixpacket', null, listener.addr)
        dialled.push(c)
        return c
      },
      stop: () => closeAll([listener, ...dialled]),
    })
  },
  { label: 'unixpacket', network: 'unixpacket' },
)

test('a unixpacket connection keeps the borders of records and cuts what does not fit', async () => {
  const [a, b] = await connected()
  for (const n of [3, 1000, 1, 70_000]) await a.write(new Uint8Array(n).fill(n))
  const p = new Uint8Array(100_000)
  expect(await b.read(p)).toBe(3)
  expect(await b.read(p.subarray(0, 10))).toBe(10)
  expect(await b.read(p)).toBe(1)
  expect((await b.receive())[0].byteLength).toBe(70_000)
  await closeAll([a, b])
})

test('an empty record reads as the end, and the records behind it can still be read', async () => {
  const [a, b] = socketPair('unixpacket')
  expect(await a.write(new Uint8Array(0))).toBe(0)
  await a.write(Uint8Array.of(7))
  const p = new Uint8Array(4)
  expect(await b.read(p)).toBe(null)
  expect(await b.read(p)).toBe(1)
  await a.close()
  expect(await b.read(p)).toBe(null)
  expect(await b.readMsgUnix(p, new Uint8Array(0))).toMatchObject({ n: null, oobn: 0 })
  expect(await b.readFrom(p)).toEqual([0, packet('')])
  await b.close()
})

test('readMsgUnix() tells by MSG_TRUNC that a record was cut', async () => {
  const [a, b] = socketPair('unixpacket')
  await a.write(new Uint8Array(20))
  const MSG_TRUNC = 0x20
  expect(await b.readMsgUnix(new Uint8Array(8), new Uint8Array(0))).toMatchObject({ n: 8, flags: MSG_TRUNC })
  await a.write(new Uint8Array(8))
  expect(await b.readMsgUnix(new Uint8Array(8), new Uint8Array(0))).toMatchObject({ n: 8, flags: 0 })
  await closeAll([a, b])
})

test('for await over a unixpacket connection ends with its records', async () => {
  const [a, b] = await connected()
  await a.write(Uint8Array.of(1))
  await a.write(Uint8Array.of(2, 3))
  await a.close()
  const lengths: number[] = []
  for await (const [p] of b) lengths.push(p.byteLength)
  expect(lengths).toEqual([1, 2])
  await b.close()
})

test('a unixpacket listener removes its file and refuses streams', async () => {
  const path = unused()
  const listener = await target.listenUnix('unixpacket', packet(path))
  expect([listener.addr.network, listener.addr.name]).toEqual(['unixpacket', path])
  await expect(target.dialUnix('unix', null, new UnixAddr(path, 'unix'))).rejects.toMatchObject({
    message: `dial unix ${path}: connect: protocol wrong type for socket`,
    code: 'EPROTOTYPE',
  })
  await listener.close()
  expect(existsSync(path)).toBe(false)
})

test('readable of a unixpacket connection is a TypeError; writeTo() and records too large are errors of the kernel', async () => {
  const [a, b] = socketPair('unixpacket')
  expect(() => a.readable).toThrow(TypeError)
  await expect(a.write(new Uint8Array(8 << 20))).rejects.toMatchObject({ code: 'EMSGSIZE' })
  await a.write(Uint8Array.of(1))
  expect(await b.read(new Uint8Array(4))).toBe(1)
  await closeAll([a, b])
})
