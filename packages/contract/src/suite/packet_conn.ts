import type { Addr } from '@net/addr'
import { ErrWriteToConnected, isErr } from '../index.ts'
import { equal, equalBytes, held, ok, rejects, rejectsType, show } from './assert.ts'
import { giveAway, pattern } from './bytes.ts'
import { ledger } from './ledger.ts'
import { testLiveness } from './liveness.ts'
import { checkOpError } from './op_error.ts'
import { testPacketConnEnds } from './packet_conn_ends.ts'
import { type MakePacketPair, type PacketConnOptions, packetTrip, PacketTest } from './packet_conn_maker.ts'
import { part, type Runner, settled, type Stoppable } from './part.ts'
import { BoastfulBytes, otherRealm } from './realm.ts'

/** Registers everything that is stated about a {@link PacketConn}. */
export function testPacketConn(
  t: Runner,
  makePacketPair: MakePacketPair,
  options: PacketConnOptions = {},
): void {
  const x = new PacketTest(t, makePacketPair, options)
  packets(x)
  queues(x)
  refusals(x)
  buffers(x)
  testPacketConnEnds(x)
  if (options.liveness !== undefined) {
    testLiveness(t, options, options.liveness, [
      ['an idle packet connection lets the process exit', 'globalThis.kept = p1', false],
      ['a pending readFrom() keeps the process alive', 'void p1.readFrom(new Uint8Array(8))', true],
      [
        'unref() lets the process exit although a readFrom() is pending',
        'void p1.readFrom(new Uint8Array(8)); p1.unref()',
        false,
      ],
      ['ref() takes unref() of a packet connection back', 'p1.unref(); void p1.receive(); p1.ref()', true],
    ])
  }
  leaks(t, makePacketPair, options)
}

function packets(x: PacketTest): void {
  x.states('writeTo() and readFrom() carry a packet with its sender, there and back', async (pair) => {
    for (let i = 0; i < 10; i++) await packetTrip(pair)
    equal(pair.p1.addr, pair.p1.localAddr, 'addr is localAddr')
  })
  x.states(
    'a packet larger than the buffer is cut, and the next read gets the next packet',
    async ({ p1, p2 }) => {
      await p1.writeTo(pattern(100), p2.localAddr)
      await p1.writeTo(new Uint8Array([7]), p2.localAddr)
      const whole = new Uint8Array(20).fill(9)
      const [n] = await p2.readFrom(whole.subarray(0, 10))
      equal(n, 10, 'readFrom() into 10 bytes')
      equalBytes(whole.subarray(0, 10), pattern(100).subarray(0, 10), 'the part that fits')
      ok(
        whole.subarray(10).every((b) => b === 9),
        'bytes behind the buffer were changed',
      )
      const [m] = await p2.readFrom(whole)
      equal(m, 1, 'length of the next packet')
      equal(whole[0], 7, 'the next packet')
    },
  )
  x.states('an empty packet is a packet', async ({ p1, p2 }) => {
    equal(await p1.writeTo(new Uint8Array(0), p2.localAddr), 0, 'writeTo() of an empty packet')
    const [n, from] = await p2.readFrom(new Uint8Array(8))
    equal(n, 0, 'readFrom()')
    equal(from.toString(), p1.localAddr.toString(), 'the sender')
    await packetTrip({ p1, p2, stop: () => Promise.resolve() })
  })
  x.states('receive() and send() are the same in other words', async ({ p1, p2 }) => {
    equal(await p1.send(pattern(50), p2.addr), 50, 'send()')
    const [first, from] = await p2.receive()
    equalBytes(first, pattern(50), 'receive()')
    equal(from.toString(), p1.addr.toString(), 'the sender')
    await p1.send(pattern(60), p2.addr)
    const p = new Uint8Array(100)
    const [second] = await p2.receive(p)
    equalBytes(second, pattern(60), 'receive() into a buffer')
    equal(second.buffer, p.buffer, 'the buffer')
    equal(first.byteLength, 50, 'the first packet afterwards')
  })
}

function queues(x: PacketTest): void {
  x.states('ten reads in a queue get packets, and settle, in their order', async ({ p1, p2 }) => {
    const order: number[] = []
    const values: (number | undefined)[] = []
    const reads = Array.from({ length: 10 }, async (_, i) => {
      const p = new Uint8Array(4)
      equal((await p2.readFrom(p))[0], 1, `readFrom() number ${i}`)
      order.push(i)
      values[i] = p[0]
    })
    const all = held(Promise.all(reads))
    for (let i = 0; i < 10; i++) await p1.writeTo(new Uint8Array([i]), p2.localAddr)
    await all
    equal(order.join(), '0,1,2,3,4,5,6,7,8,9', 'the order in which reads settled')
    equal(values.join(), '0,1,2,3,4,5,6,7,8,9', 'the packets')
  })
  x.states('ten writes in a queue arrive in their order', async ({ p1, p2 }) => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => p1.writeTo(new Uint8Array([i]), p2.localAddr)))
    const p = new Uint8Array(4)
    for (let i = 0; i < 10; i++) {
      equal((await p2.readFrom(p))[0], 1, 'readFrom()')
      equal(p[0], i, 'the packet')
    }
  })
}

function refusals(x: PacketTest): void {
  x.states('arguments of the wrong kind are TypeErrors', async (pair) => {
    const { p1, p2 } = pair
    for (const p of ['text', 42, null, undefined, [1], new ArrayBuffer(4)]) {
      const wrong = p as unknown as Uint8Array
      await rejectsType(() => p1.readFrom(wrong), `readFrom(${show(p)})`)
      await rejectsType(() => p1.writeTo(wrong, p2.localAddr), `writeTo(${show(p)})`)
    }
    await rejectsType(() => p1.writeTo(new Uint8Array(1), 'host:1' as unknown as Addr), 'writeTo() to a text')
    await rejectsType(
      () => p1.readFrom(new BoastfulBytes(new ArrayBuffer(8))),
      'readFrom() into a buffer that claims more bytes',
    )
    await rejectsType(
      () => p1.writeTo(new BoastfulBytes(new ArrayBuffer(8)), p2.localAddr),
      'writeTo() of such a buffer',
    )
    await packetTrip(pair)
  })
  x.states('buffers of another realm are what they are', async ({ p1, p2 }) => {
    const realm = await otherRealm()
    const p = realm.bytes(0, 0, 0)
    const [sent, [n]] = await Promise.all([p1.writeTo(realm.bytes(7), p2.localAddr), p2.readFrom(p)])
    equal([sent, n, ...p].join(), '1,1,7,0,0', 'what was written, read, and the buffer')
  })
  const { largest, makeConnected } = x.options
  if (largest !== undefined) {
    x.states(`a packet of ${largest} bytes arrives and one of ${largest + 1} is EMSGSIZE`, async (pair) => {
      const { p1, p2 } = pair
      await p1.writeTo(pattern(largest), p2.localAddr)
      const [got] = await p2.receive(new Uint8Array(largest + 100))
      equalBytes(got, pattern(largest), 'the packet')
      const e = await rejects(() => p1.writeTo(pattern(largest + 1), p2.localAddr), 'writeTo()')
      checkOpError(e, x.writing(p1, p2.localAddr))
      equal(e.code, 'EMSGSIZE', 'code')
      await packetTrip(pair)
    })
  }
  if (makeConnected !== undefined) {
    x.states('writeTo() of a connection with a fixed peer is ErrWriteToConnected', async ({ p1 }) => {
      const c = await makeConnected()
      const e = await rejects(() => c.writeTo(new Uint8Array(1), p1.localAddr), 'writeTo()')
      await c.close()
      checkOpError(e, x.writing(c, p1.localAddr))
      ok(isErr(e, ErrWriteToConnected), `the error is ${show(e)}`)
    })
  }
}

function buffers(x: PacketTest): void {
  x.states('a readFrom() whose buffer is given away is a TypeError, and the packet stays', async (pair) => {
    const { p1, p2 } = pair
    const p = new Uint8Array(100)
    const reading = held(p1.readFrom(p))
    giveAway(p)
    await p2.writeTo(new Uint8Array(20), p1.localAddr)
    await rejectsType(() => reading, 'readFrom()')
    equal((await p1.readFrom(new Uint8Array(100)))[0], 20, 'the next readFrom()')
    await packetTrip(pair)
  })
}

function leaks(t: Runner, makePacketPair: MakePacketPair, options: PacketConnOptions): void {
  const make = (): Promise<Stoppable> => Promise.resolve({ stop: () => Promise.resolve() })
  part(t, options, 'twenty packet connections leave no descriptor and no handle behind', make, async () => {
    const once = async (): Promise<void> => {
      const pair = await makePacketPair()
      await packetTrip(pair)
      const pending = rejects(() => pair.p1.readFrom(new Uint8Array(8)), 'readFrom()')
      ok(!(await settled(pending, 2)), 'readFrom() ended although no packet came')
      await pair.p1.close()
      await pending
      await pair.stop()
    }
    await once() // the first may open what lives as long as the process
    const check = ledger()
    for (let i = 0; i < 20; i++) await once()
    await check()
  })
}
