import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, UDPAddr, TCPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { posix } from '../src/index.ts'

const target = posix()
const loopback = parseIP('127.0.0.1')

async function pair(): Promise<[TCPConn, TCPConn]> {
  await using listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  const dialled = await target.dialTCP('tcp', null, listener.addr)
  return [dialled, await listener.accept()]
}

// The thread's poller is made by the first that waits, and stays.
for (const conn of await pair()) await conn.close()
const check = ledger()
afterAll(() => check())

function transfer(p: Uint8Array<ArrayBuffer>): void {
  structuredClone(p.buffer, { transfer: [p.buffer] })
}

const gone = 'the buffer was transferred or made smaller while its operation was pending'
const MANY = 32 << 20 // bytes, more than the kernel takes at once

/** Reads until the stream ends, and gives the number of bytes. */
async function drain(conn: TCPConn): Promise<number> {
  const p = new Uint8Array(1 << 20)
  let n = 0
  for (let got = await conn.read(p); got !== null; got = await conn.read(p)) n += got
  return n
}

describe('a buffer that is given away while its operation waits', () => {
  test('fails a read, which takes nothing: the next one has the data', async () => {
    const [a, b] = await pair()
    await using _a = a
    await using _b = b
    const p = new Uint8Array(100)
    const reading = a.read(p)
    transfer(p)
    await b.write(new Uint8Array(10))
    await expect(reading).rejects.toThrow(new TypeError(gone))
    expect(await a.read(new Uint8Array(100))).toBe(10)
  })

  test.each([
    ['write', (conn: TCPConn, p: Uint8Array) => conn.write(p)],
    ['writev', (conn: TCPConn, p: Uint8Array) => conn.writev([new Uint8Array(1), p])],
  ])('fails a %s of which a part has gone', async (_name, write) => {
    const [a, b] = await pair()
    await using _b = b
    const p = new Uint8Array(MANY)
    const writing = write(a, p)
    transfer(p)
    const draining = drain(b)
    await expect(writing).rejects.toThrow(new TypeError(gone))
    await a.close()
    expect(await draining).toBeLessThan(MANY)
  })

  test('fails a readFrom, and the packet stays for the next one', async () => {
    await using socket = await target.listenUDP('udp', new UDPAddr(loopback, 0))
    await using peer = await target.dialUDP('udp', null, socket.localAddr)
    const p = new Uint8Array(100)
    const reading = socket.readFrom(p)
    transfer(p)
    await peer.write(new Uint8Array(20))
    await expect(reading).rejects.toThrow(new TypeError(gone))
    expect((await socket.readFrom(new Uint8Array(100)))[0]).toBe(20)
  })
})

test('a resizable buffer that is made smaller while its write waits fails the write', async () => {
  const [a, b] = await pair()
  await using _b = b
  // Written so, as the library of the oldest Node that this runs on has the argument and its types do not.
  const Resizable = ArrayBuffer as unknown as new (
    byteLength: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(byteLength: number): void }
  const buffer = new Resizable(MANY, { maxByteLength: MANY })
  const writing = a.write(new Uint8Array(buffer))
  buffer.resize(1024)
  const draining = drain(b)
  await expect(writing).rejects.toThrow(new TypeError(gone))
  await a.close()
  expect(await draining).toBeLessThan(MANY)
})
