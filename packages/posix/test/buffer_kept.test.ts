import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, UDPAddr, TCPAddr } from '@net/addr'
import type { Message, Target, TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, posix, socketPair, unixRights, writeUrgent } from '../src/index.ts'

const target = posix()
const loopback = parseIP('127.0.0.1')

async function pair(target: Target = posix()): Promise<[TCPConn, TCPConn]> {
  await using listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  const dialled = await target.dialTCP('tcp', null, listener.addr)
  return [dialled, await listener.accept()]
}

// The thread's poller is made by the first that waits, and stays.
for (const conn of await pair()) await conn.close()
const check = ledger(keepLeaks())
afterAll(() => check())

// An operation may fail from now on, even before the write of the peer behind it is done: whoever expects that listens first.
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
    const failing = expect(a.read(p)).rejects.toThrow(new TypeError(gone))
    transfer(p)
    await b.write(new Uint8Array(10))
    await failing
    expect(await a.read(new Uint8Array(100))).toBe(10)
  })

  test.each([
    ['writeUrgent', (conn: TCPConn, p: Uint8Array) => writeUrgent(conn, p)],
    ['write', (conn: TCPConn, p: Uint8Array) => conn.write(p)],
    ['writev', (conn: TCPConn, p: Uint8Array) => conn.writev([new Uint8Array(1), p])],
  ])('fails %s() of which a part has gone', async (_name, write) => {
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
    const failing = expect(socket.readFrom(p)).rejects.toThrow(new TypeError(gone))
    transfer(p)
    await peer.write(new Uint8Array(20))
    await failing
    expect((await socket.readFrom(new Uint8Array(100)))[0]).toBe(20)
  })

  test.each(['unix', 'unixpacket', 'unixgram'] as const)(
    'fails a readMsgUnix of %s, and the message stays',
    async (network) => {
      const [a, b] = socketPair(network)
      await using _a = a
      await using _b = b
      for (const lost of ['p', 'oob'] as const) {
        const given = { p: new Uint8Array(8), oob: new Uint8Array(64) }
        const failing = expect(a.readMsgUnix(given.p, given.oob)).rejects.toThrow(new TypeError(gone))
        transfer(given[lost])
        await b.write(Uint8Array.of(1, 2, 3))
        await failing
        expect(await a.read(new Uint8Array(8))).toBe(3)
      }
    },
  )

  test('fails a writeMsgUnix, of the bytes as of the control messages', async () => {
    const [a, b] = socketPair()
    await using _b = b
    const filling = a.write(new Uint8Array(MANY)).catch((e: unknown) => e)
    const p = new Uint8Array(8)
    const oob = Uint8Array.from(unixRights(0))
    const writes = [a.writeMsgUnix(p, new Uint8Array(), null), a.writeMsgUnix(new Uint8Array(8), oob, null)]
    transfer(p)
    transfer(oob)
    const outcomes = Promise.allSettled(writes)
    let n = 0
    while (n < MANY) n += (await b.read(new Uint8Array(1 << 20))) ?? 0
    expect(await filling).toBe(MANY)
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: new TypeError(gone) })
    await a.close()
  })

  test('fails a readBatch, and the packets stay', async () => {
    await using socket = await target.listenUDP('udp', new UDPAddr(loopback, 0))
    await using peer = await target.dialUDP('udp', null, socket.localAddr)
    const messages = [1, 2].map((): Message => ({ buffer: new Uint8Array(100), n: 0, addr: null }))
    const failing = expect(socket.readBatch(messages)).rejects.toThrow(new TypeError(gone))
    transfer(messages[1]?.buffer as Uint8Array<ArrayBuffer>)
    await peer.write(new Uint8Array(20))
    await failing
    expect((await socket.readFrom(new Uint8Array(100)))[0]).toBe(20)
  })

  test('fails a sendFile whose source takes a chunk back', async () => {
    const [a, b] = await pair()
    await using _b = b
    const chunk = new Uint8Array(MANY)
    async function* source(): AsyncGenerator<Uint8Array, void> {
      yield await Promise.resolve(chunk)
    }
    const sending = a.sendFile(source())
    expect(await b.read(new Uint8Array(1))).toBe(1)
    transfer(chunk)
    const draining = drain(b)
    await expect(sending).rejects.toMatchObject({ op: 'readfrom', cause: new TypeError(gone) })
    await a.close()
    expect(await draining).toBeLessThan(MANY)
  })
})

describe("a buffer that is given away while an operation of the host's sockets waits", () => {
  test('fails a read, which takes nothing', async () => {
    const [a, b] = await pair(hosted())
    await using _a = a
    await using _b = b
    const p = new Uint8Array(100)
    const failing = expect(a.read(p)).rejects.toThrow(new TypeError(gone))
    transfer(p)
    await b.write(new Uint8Array(10))
    await failing
    expect(await a.read(new Uint8Array(100))).toBe(10)
  })

  test('fails a write of which a part has gone', async () => {
    const [a, b] = await pair(hosted())
    await using _b = b
    const p = new Uint8Array(MANY)
    const writing = a.write(p)
    transfer(p)
    const draining = drain(b)
    await expect(writing).rejects.toThrow(new TypeError(gone))
    await a.close()
    expect(await draining).toBeLessThan(MANY)
  })

  test('fails a readFrom, and the packet stays', async () => {
    await using socket = await hosted().listenUDP('udp', new UDPAddr(loopback, 0))
    await using peer = await target.dialUDP('udp', null, socket.localAddr)
    const p = new Uint8Array(100)
    const failing = expect(socket.readFrom(p)).rejects.toThrow(new TypeError(gone))
    transfer(p)
    await peer.write(new Uint8Array(20))
    await failing
    expect((await socket.readFrom(new Uint8Array(100)))[0]).toBe(20)
  })
})

// Written so, as the library of the oldest Node that this runs on has the arguments and its types do not.
const Resizable = ArrayBuffer as unknown as new (
  byteLength: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(byteLength: number): void }
const Growable = SharedArrayBuffer as unknown as new (
  byteLength: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer & { grow(byteLength: number): void }

describe.each([
  ['the kernel', posix()],
  ['the host', hosted()],
])('a connection of %s', (_name, target) => {
  test('reads into a view that has become shorter or longer no more than it has', async () => {
    const [a, b] = await pair(target)
    await using _a = a
    await using _b = b
    const shrunk = new Resizable(100, { maxByteLength: 200 })
    const reading = a.read(new Uint8Array(shrunk))
    shrunk.resize(10)
    await b.write(new Uint8Array(50).fill(7))
    expect(await reading).toBe(10)
    expect(await a.read(new Uint8Array(100))).toBe(40)
    const grown = new Growable(10, { maxByteLength: 200 })
    const view = new Uint8Array(grown)
    const growing = a.read(view)
    grown.grow(200)
    await b.write(new Uint8Array(50).fill(7))
    expect(await growing).toBeGreaterThanOrEqual(10)
    expect(view[9]).toBe(7)
  })

  test('writes of a view that has become longer what it had', async () => {
    const [a, b] = await pair(target)
    await using _b = b
    const grown = new Growable(MANY, { maxByteLength: 2 * MANY })
    const writing = a.write(new Uint8Array(grown))
    grown.grow(2 * MANY)
    const draining = drain(b)
    expect(await writing).toBe(MANY)
    await a.close()
    expect(await draining).toBe(MANY)
  })

  test('refuses a buffer that lies about its length', async () => {
    class Liar extends Uint8Array {
      override get byteLength(): number {
        return 1 << 20
      }
    }
    const [a, b] = await pair(target)
    await using _a = a
    await using _b = b
    const liar = new Liar(8)
    for (const refused of [a.read(liar), a.write(liar), a.writev([liar])]) {
      await expect(refused).rejects.toThrow(TypeError)
    }
    await b.write(Uint8Array.of(1))
    expect(await a.read(new Uint8Array(8))).toBe(1)
  })
})

test.each([
  ['posix', posix()],
  ['hosted', hosted()],
])('%s: writev has the buffers that it was given, whatever becomes of their array', async (_name, stack) => {
  const [a, b] = await pair(stack)
  await using _b = b
  const buffers = [new Uint8Array(MANY), new Uint8Array(0), new Uint8Array(7)]
  const writing = a.writev(buffers).then((n) => a.close().then(() => n))
  buffers.length = 0
  expect(await drain(b)).toBe(MANY + 7)
  expect(await writing).toBe(MANY + 7)
})

test('more than 2 GiB go in one write, and behind it what follows, and may be read into one buffer', async () => {
  const [a, b] = await pair()
  await using _b = b
  const p = new Uint8Array(2 ** 31 + 10)
  const writing = a.writev([p, Uint8Array.of(1, 2, 3)])
  const first = (await b.read(p)) ?? 0
  expect(first).toBeGreaterThan(0)
  const into = new Uint8Array(1 << 20)
  let n = first
  let last = 0
  while (n < p.byteLength + 3) {
    const got = (await b.read(into)) ?? 0
    n += got
    last = into[got - 1] ?? 0
  }
  expect([await writing, n, last]).toEqual([p.byteLength + 3, p.byteLength + 3, 3])
  await a.close()
  expect(await b.read(into)).toBe(null)
}, 300_000)

test('a resizable buffer that is made smaller while its write waits fails the write', async () => {
  const [a, b] = await pair()
  await using _b = b
  const buffer = new Resizable(MANY, { maxByteLength: MANY })
  const writing = a.write(new Uint8Array(buffer))
  buffer.resize(1024)
  const draining = drain(b)
  await expect(writing).rejects.toThrow(new TypeError(gone))
  await a.close()
  expect(await draining).toBeLessThan(MANY)
})
