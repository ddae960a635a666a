import { equal, held, ok, rejects, rejectsType } from './assert.ts'
import { checkTimeout, rejectsClosed, rejectsTimeout } from './op_error.ts'
import { packetTrip, type PacketTest } from './packet_conn_maker.ts'
import { settled, turn } from './part.ts'
import { countedSignal } from './signal.ts'

const SHORT = 50 // milliseconds

/** Registers the statements about what ends operations of a packet connection: deadlines, signals, close. */
export function testPacketConnEnds(x: PacketTest): void {
  deadlines(x)
  signals(x)
  closing(x)
  iteration(x)
}

function deadlines(x: PacketTest): void {
  x.states('a read deadline ends readFrom() and leaves writeTo() alone', async (pair) => {
    const { p1, p2 } = pair
    const at = Date.now() + SHORT
    p1.setReadDeadline(at)
    await rejectsTimeout(() => p1.readFrom(new Uint8Array(8)), x.reading(p1))
    ok(Date.now() >= at - 1, 'the deadline came early')
    equal(await p1.writeTo(new Uint8Array(5), p2.localAddr), 5, 'writeTo()')
    equal((await p2.readFrom(new Uint8Array(8)))[0], 5, 'readFrom() of the other')
    await p2.writeTo(new Uint8Array(6), p1.localAddr)
    await rejectsTimeout(() => p1.readFrom(new Uint8Array(8)), x.reading(p1))
    p1.setReadDeadline(null)
    equal((await p1.readFrom(new Uint8Array(8)))[0], 6, 'readFrom() without a deadline')
  })
  x.states('a write deadline ends writeTo() and leaves readFrom() alone', async (pair) => {
    const { p1, p2 } = pair
    p1.setWriteDeadline(new Date(1000))
    await rejectsTimeout(() => p1.writeTo(new Uint8Array(5), p2.localAddr), x.writing(p1, p2.localAddr))
    await p2.writeTo(new Uint8Array(6), p1.localAddr)
    equal((await p1.readFrom(new Uint8Array(8)))[0], 6, 'readFrom()')
    p1.setDeadline(null)
    await packetTrip(pair)
  })
  x.states('a deadline set into the past ends every readFrom() in the queue', async (pair) => {
    const { p1 } = pair
    const reads = [1, 2, 3].map(() => rejectsTimeout(() => p1.readFrom(new Uint8Array(8)), x.reading(p1)))
    ok(!(await settled(Promise.all(reads))), 'readFrom() ended before the deadline')
    p1.setDeadline(1)
    await Promise.all(reads)
    p1.setDeadline(null)
    await packetTrip(pair)
  })
  x.states('setReadTimeout() limits each later readFrom() anew', async (pair) => {
    const { p1 } = pair
    p1.setReadTimeout(20)
    for (let i = 0; i < 2; i++) await rejectsTimeout(() => p1.readFrom(new Uint8Array(8)), x.reading(p1))
    p1.setTimeout(0)
    await packetTrip(pair)
    await rejectsType(() => p1.setReadDeadline('soon' as unknown as number), 'setReadDeadline()')
  })
}

function signals(x: PacketTest): void {
  x.states(
    'a signal ends readFrom() with its reason; the next packet goes to the next in the queue',
    async (pair) => {
      const { p1, p2 } = pair
      const s = countedSignal()
      const { signal } = s
      const first = rejects(() => p2.readFrom(new Uint8Array(8), { signal }), 'readFrom()')
      const second = held(p2.readFrom(new Uint8Array(8)))
      await turn()
      s.abort('gone')
      equal(await first, 'gone', 'what readFrom() rejected with')
      s.assertFree('after abort')
      await p1.writeTo(new Uint8Array(3), p2.localAddr)
      equal((await second)[0], 3, 'the next readFrom()')
      const late = await rejects(() => p1.writeTo(new Uint8Array(3), p2.localAddr, { signal }), 'writeTo()')
      equal(late, 'gone', 'what writeTo() with an aborted signal rejected with')
      await packetTrip(pair)
    },
  )
  x.states('no listener stays on a signal, however readFrom() ended', async ({ p1, p2 }) => {
    const s = countedSignal()
    const { signal } = s
    const reading = held(p2.readFrom(new Uint8Array(8), { signal }))
    await p1.writeTo(new Uint8Array(3), p2.localAddr, { signal })
    await reading
    s.assertFree('after success')
    p2.setReadDeadline(Date.now() + 20)
    await rejectsTimeout(() => p2.readFrom(new Uint8Array(8), { signal }), x.reading(p2))
    s.assertFree('after a deadline')
    p2.setReadDeadline(null)
    const pending = rejectsClosed(() => p2.readFrom(new Uint8Array(8), { signal }), x.reading(p2))
    await p2.close()
    await pending
    s.assertFree('after close()')
  })
}

function closing(x: PacketTest): void {
  x.states('close() takes effect before it returns and may be called again', async ({ p1, p2 }) => {
    const before = p1.localAddr.toString()
    const reads = [1, 2].map(() => rejectsClosed(() => p1.readFrom(new Uint8Array(8)), x.reading(p1)))
    await turn()
    const first = held(p1.close())
    const late = [
      rejectsClosed(() => p1.readFrom(new Uint8Array(8)), x.reading(p1)),
      rejectsClosed(() => p1.writeTo(new Uint8Array(8), p2.localAddr), x.writing(p1, p2.localAddr)),
      rejectsClosed(() => p1.receive(), x.reading(p1)),
    ]
    await Promise.all([...reads, ...late, first, p1.close()])
    equal(await p1.close(), undefined, 'what close() gives')
    equal(p1.localAddr.toString(), before, 'the address')
    p1.setDeadline(Date.now() + 10)
    p1.unref()
    p1.ref()
  })
  x.states('[Symbol.dispose]() and [Symbol.asyncDispose]() close', async ({ p1, p2 }) => {
    const pending = [p1, p2].map((p) => rejectsClosed(() => p.readFrom(new Uint8Array(8)), x.reading(p)))
    p1[Symbol.dispose]()
    await p2[Symbol.asyncDispose]()
    await Promise.all(pending)
  })
}

function iteration(x: PacketTest): void {
  x.states(
    'for await gives each packet in a buffer of its own and ends quietly on close()',
    async ({ p1, p2 }) => {
      const got: string[] = []
      const kept: Uint8Array[] = []
      const loop = async (): Promise<void> => {
        for await (const [p, from] of p2) {
          got.push(`${p[0]} ${from.toString() === p1.localAddr.toString()}`)
          kept.push(p)
          if (got.length === 3) await p2.close()
        }
      }
      const looping = held(loop())
      for (let i = 0; i < 3; i++) await p1.writeTo(new Uint8Array([i]), p2.localAddr)
      await looping
      equal(got.join(), '0 true,1 true,2 true', 'packets')
      equal(kept.map((p) => p.join()).join(), '0,1,2', 'packets afterwards')
    },
  )
  x.states('break leaves the packet connection as it is', async (pair) => {
    const { p1, p2 } = pair
    await p1.writeTo(new Uint8Array([1]), p2.localAddr)
    for await (const [p] of p2) {
      equal(p[0], 1, 'the packet')
      break
    }
    await packetTrip(pair)
  })
  x.states('for await over packets throws what is not the end: a deadline', async ({ p1 }) => {
    p1.setReadDeadline(Date.now() + 20)
    const e = await rejects(async () => {
      for await (const [p] of p1) ok(p.byteLength < 0, 'a packet came')
    }, 'for await')
    checkTimeout(e, x.reading(p1))
  })
}
