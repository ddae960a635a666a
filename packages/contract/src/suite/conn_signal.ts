import { equal, equalBytes, held, ok, rejects } from './assert.ts'
import { endlessWrites, pattern, readFull, resync, roundTrip } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { pendingBoth } from './nettest.ts'
import { rejectsTimeout } from './op_error.ts'
import { delay, settled } from './part.ts'
import { countedSignal } from './signal.ts'

const SHORT = 100 // milliseconds

/** Registers the statements about signals: what nettest states about deadlines, and that nothing is left behind. */
export function testConnSignal(x: ConnTest): void {
  atOnce(x)
  pending(x)
  order(x)
  listeners(x)
}

function atOnce(x: ConnTest): void {
  x.states('an aborted signal fails read() and write() at once with its reason', async ({ c1, c2 }) => {
    await roundTrip(c1, c2)
    for (const reason of [new Error('why'), 'a word', { an: 'object' }]) {
      const signal = AbortSignal.abort(reason)
      equal(await rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()'), reason, 'reason of read()')
      equal(
        await rejects(() => c1.write(new Uint8Array(8), { signal }), 'write()'),
        reason,
        'reason of write()',
      )
    }
    const signal = AbortSignal.abort()
    equal(
      await rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()'),
      signal.reason,
      'default reason',
    )
    await roundTrip(c1, c2)
  })
}

function pending(x: ConnTest): void {
  x.states(
    'a signal ends what is pending with its reason, not before, and the connection stays usable',
    async (pair) => {
      const { c1, c2 } = pair
      const s = countedSignal()
      const reason = new Error('enough')
      const pending = pendingBoth(x, c1, s.signal)
      await delay(SHORT)
      for (const p of pending) ok(!(await settled(p)), 'an operation ended before the signal')
      s.abort(reason)
      for (const e of await Promise.all(pending)) equal(e, reason, 'what the operation rejected with')
      s.assertFree('after abort')
      if (x.reliable) await resync(c1, c2)
      await roundTrip(c1, c2)
    },
  )
  x.states('AbortSignal.timeout() ends a pending read() with its TimeoutError', async ({ c1, c2 }) => {
    const signal = AbortSignal.timeout(SHORT)
    const e = await rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()')
    equal(e, signal.reason, 'what read() rejected with')
    await roundTrip(c1, c2)
  })
  x.states('a signal aborted after its operation has settled changes nothing', async ({ c1, c2 }) => {
    const s = countedSignal()
    const [n] = await Promise.all([c1.read(new Uint8Array(8), { signal: s.signal }), c2.write(pattern(8))])
    ok(n !== null && n > 0, `read() gave ${n}`)
    s.abort()
    if (x.stream && n < 8) await readFull(c1, 8 - n)
    await roundTrip(c1, c2)
  })
  x.states('one signal ends ten pending reads', async ({ c1, c2 }) => {
    const s = countedSignal()
    const reads = Array.from({ length: 10 }, () =>
      rejects(() => c1.read(new Uint8Array(8), { signal: s.signal }), 'read()'),
    )
    const reason = new Error('all of you')
    s.abort(reason)
    for (const e of await Promise.all(reads)) equal(e, reason, 'what read() rejected with')
    s.assertFree('after abort')
    await roundTrip(c1, c2)
  })
}

function order(x: ConnTest): void {
  x.states('a cancelled read() takes no data: the next in the queue gets it', async ({ c1, c2 }) => {
    const s = countedSignal()
    const buffers = Array.from({ length: 3 }, () => new Uint8Array(1))
    const reads = buffers.map((p, i) => held(c1.read(p, i === 1 ? { signal: s.signal } : {})))
    const cancelled = rejects(() => reads[1], 'the read() in the middle')
    s.abort('gone')
    equal(await cancelled, 'gone', 'what the read() in the middle rejected with')
    for (const b of [11, 22]) await c2.write(new Uint8Array([b]))
    equal(await reads[0], 1, 'the first read()')
    equal(await reads[2], 1, 'the last read()')
    equalBytes(Uint8Array.of(...buffers.map((p) => p[0] ?? 0)), Uint8Array.of(11, 0, 22), 'the bytes')
  })
  if (!x.stream) return
  x.states('a write() cancelled while it waits behind another sends nothing', async ({ c1, c2 }) => {
    const large = pattern(8 << 20)
    const first = held(c1.write(large))
    const s = countedSignal()
    const second = rejects(
      () => c1.write(new Uint8Array(100).fill(1), { signal: s.signal }),
      'the second write()',
    )
    const third = held(c1.write(pattern(100, 3)))
    s.abort('gone')
    equal(await second, 'gone', 'what the second write() rejected with')
    s.assertFree('after abort')
    equalBytes(await readFull(c2, large.byteLength), large, 'what the first write() sent')
    equalBytes(await readFull(c2, 100), pattern(100, 3), 'what the third write() sent')
    equal(await first, large.byteLength, 'the first write()')
    equal(await third, 100, 'the third write()')
  })
}

function listeners(x: ConnTest): void {
  x.states('no listener stays on a signal, however the operation ended', async ({ c1, c2 }) => {
    const s = countedSignal()
    const { signal } = s
    await Promise.all([c1.read(new Uint8Array(8), { signal }), c2.write(new Uint8Array(8), { signal })])
    s.assertFree('after success')
    const late = held(c1.read(new Uint8Array(8), { signal }))
    await settled(late, 2)
    equal(s.listeners, 1, 'listeners while a read() is pending')
    c1.setReadDeadline(1)
    await rejectsTimeout(() => late, x.shape(c1, 'read'))
    s.assertFree('after a deadline')
    c1.setReadDeadline(null)
    const reading = rejects(() => c1.read(new Uint8Array(8), { signal }), 'read()')
    const writing = x.reliable ? endlessWrites(c1, signal) : null
    await settled(reading)
    await c1.close()
    await Promise.all([reading, writing])
    s.assertFree('after close()')
    await rejects(() => c1.read(new Uint8Array(8), { signal }), 'read() after close()')
    s.assertFree('after a failure at once')
  })
}
