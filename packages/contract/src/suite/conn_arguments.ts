import { ErrDeadlineExceeded, isErr } from '../index.ts'
import { equal, held, ok, rejects, rejectsType, show } from './assert.ts'
import { roundTrip } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { settled } from './part.ts'
import { BoastfulBytes, otherRealm } from './realm.ts'

/** Registers the statements about arguments and about buffers. */
export function testConnArguments(x: ConnTest): void {
  x.states('read() and write() of what is no Uint8Array are TypeErrors', async ({ c1, c2 }) => {
    for (const p of [
      'text',
      42,
      null,
      undefined,
      { length: 1 },
      [1, 2],
      new ArrayBuffer(4),
      new DataView(new ArrayBuffer(4)),
    ]) {
      const wrong = p as unknown as Uint8Array
      await rejectsType(() => c1.read(wrong), `read(${show(p)})`)
      await rejectsType(() => c1.write(wrong), `write(${show(p)})`)
    }
    await roundTrip(c1, c2)
  })
  x.states(
    'read() and write() of a buffer that claims more bytes than it has are TypeErrors',
    async ({ c1, c2 }) => {
      await rejectsType(() => c1.read(new BoastfulBytes(new ArrayBuffer(8))), 'read()')
      await rejectsType(() => c1.write(new BoastfulBytes(new ArrayBuffer(8))), 'write()')
      await roundTrip(c1, c2)
    },
  )
  x.states('buffers and dates of another realm are what they are', async ({ c1, c2 }) => {
    const realm = await otherRealm()
    c2.setReadDeadline(realm.date(Date.now() + 60_000))
    const p = realm.bytes(0, 0, 0)
    const [sent, n] = await Promise.all([c1.write(realm.bytes(7)), c2.read(p)])
    equal([sent, n, ...p].join(), '1,1,7,0,0', 'what was written, read, and the buffer')
    c2.setReadDeadline(realm.date(Date.now() - 1))
    const e = await rejects(() => c2.read(p), 'read() after its deadline')
    ok(isErr(e, ErrDeadlineExceeded), `read() after its deadline: ${show(e)}`)
  })
  x.states('an empty buffer gives 0 at once, also while reads are waiting', async ({ c1, c2 }) => {
    const none = new Uint8Array(0)
    equal(await c1.read(none), 0, 'read() of an idle connection')
    const waiting = held(c1.read(new Uint8Array(1)))
    const empty = held(c1.read(none))
    ok(await settled(empty), 'read() into an empty buffer waits')
    equal(await empty, 0, 'read() into an empty buffer')
    ok(!(await settled(waiting)), 'the read() before it ended')
    if (x.stream) equal(await c1.write(none), 0, 'write() of an empty buffer')
    await c2.write(new Uint8Array(1))
    equal(await waiting, 1, 'the read() that waited')
    await roundTrip(c1, c2)
  })
  x.states(
    'read() fills the part of a buffer that it was given and nothing around it',
    async ({ c1, c2 }) => {
      const whole = new Uint8Array(16).fill(9)
      const [n] = await Promise.all([c1.read(whole.subarray(4, 8)), c2.write(new Uint8Array([1, 2, 3, 4]))])
      ok(n !== null && n > 0, `read() gave ${n}`)
      equal(
        whole.join(),
        [9, 9, 9, 9, ...[1, 2, 3, 4].map((b, i) => (i < n ? b : 9)), 9, 9, 9, 9, 9, 9, 9, 9].join(),
        'the buffer',
      )
    },
  )
  x.states('a buffer may be changed as soon as its write() has settled', async ({ c1, c2 }) => {
    const p = new Uint8Array(1024)
    const write = async (): Promise<void> => {
      for (let i = 1; i <= 50; i++) {
        p.fill(i)
        await c1.write(p)
        p.fill(0)
      }
    }
    const read = async (): Promise<void> => {
      const into = new Uint8Array(1024)
      for (let i = 1; i <= 50; i++) {
        for (let at = 0; at < 1024;) {
          const n = await c2.read(into.subarray(at))
          ok(n !== null && n > 0, `read() gave ${n}`)
          at += n
        }
        ok(
          into.every((b) => b === i),
          `message ${i} was changed under way`,
        )
      }
    }
    await Promise.all([write(), read()])
  })
}
