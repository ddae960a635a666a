import { afterAll, expect, test } from 'vitest'
import { parseIP, UDPAddr } from '@net/addr'
import type { Message } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix, setOption, socketPair, unixRights } from '../src/index.ts'
import { Connected } from './connected.ts'

/** A buffer that tells the truth about its length as often as it is set to, and then claims more than it has. */
class Turncoat extends Uint8Array<ArrayBuffer> {
  truths = 0

  override get byteLength(): number {
    return this.truths-- > 0 ? this.length : 65536
  }
}

function turncoat(truths: number, byteLength = 8): Turncoat {
  return Object.assign(new Turncoat(new ArrayBuffer(byteLength)), { truths })
}

// The thread's poller is made by the first that waits, and stays.
await (await Connected.dial())[Symbol.asyncDispose]()
const check = ledger(keepLeaks())
afterAll(() => check())

// A check finds out who lies at once. These lie later: what the kernel is told must be the memory that is there all the same.
test.each([1, 2, 3, 4])(
  'a buffer that lies about its length after %d truths is read, written and filled within its memory',
  async (truths) => {
    await using pair = await Connected.dial()
    const { c, s } = pair
    const into = new Uint8Array(100_000)
    expect(await c.write(turncoat(truths))).toBe(8)
    expect(await s.read(into)).toBe(8)
    expect(await c.writev([turncoat(truths), turncoat(truths)])).toBe(16)
    expect(await s.read(into)).toBe(16)
    await c.write(into)
    expect(await s.read(turncoat(truths))).toBe(8)
  },
)

test('a read that waits fills no more than the memory of its buffer', async () => {
  await using pair = await Connected.dial()
  const reading = pair.s.read(turncoat(1))
  await pair.c.write(new Uint8Array(1000))
  expect(await reading).toBe(8)
})

test('packets, batches and control messages are within the memory of their buffers', async () => {
  const loopback = new UDPAddr(parseIP('127.0.0.1'), 0)
  await using a = await posix().listenUDP('udp', loopback)
  await using b = await posix().listenUDP('udp', loopback)
  const into = new Uint8Array(100)
  expect(await a.writeTo(turncoat(1), b.localAddr)).toBe(8)
  expect((await b.readFrom(into))[0]).toBe(8)
  await a.writeMsgUDP(turncoat(1), turncoat(1, 0), b.localAddr)
  expect((await b.readMsgUDP(into, new Uint8Array(0))).n).toBe(8)
  const message: Message = { buffer: turncoat(1), addr: b.localAddr, n: 0 }
  await a.writeBatch([message])
  const received: Message = { buffer: turncoat(1), addr: null, n: 0 }
  await b.readBatch([received])
  expect(received.n).toBe(8)
})

test('control messages of a Unix socket, too', async () => {
  const [a, b] = socketPair()
  const rights = unixRights(0)
  const oob = Object.assign(new Turncoat(new ArrayBuffer(rights.byteLength)), { truths: 1 })
  oob.set(rights)
  expect(await a.writeMsgUnix(new Uint8Array(1), oob, null)).toMatchObject({ n: 1 })
  expect(await b.readMsgUnix(new Uint8Array(1), turncoat(1))).toMatchObject({ n: 1 })
  await Promise.all([a.close(), b.close()])
})

test('options that lie about their length are TypeErrors', async () => {
  await using pair = await Connected.dial()
  const raw = pair.c.syscallConn()
  expect(() => raw.setsockopt(1, 8, turncoat(0))).toThrow(
    new TypeError('the value has a byteLength that is not its own'),
  )
  expect(() => setOption(pair.c, 'TCP_FASTOPEN_KEY', turncoat(0))).toThrow(TypeError)
})
