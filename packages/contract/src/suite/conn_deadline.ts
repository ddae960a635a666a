import { equal, equalBytes, held, ok, rejectsType } from './assert.ts'
import { endlessReads, pattern, readFull, readToEnd, roundTrip } from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { rejectsTimeout } from './op_error.ts'
import { settled } from './part.ts'

const FAR = 10 * 60_000 // milliseconds: longer than any part
const SHORT = 50 // milliseconds

/** Registers the statements about deadlines and timeouts that nettest does not make. */
export function testConnDeadline(x: ConnTest): void {
  deadlines(x)
  timeouts(x)
  if (x.stream) partial(x)
  x.states('setDeadline() and setTimeout() throw TypeError for what is no time', async ({ c1, c2 }) => {
    for (const t of ['soon', NaN, new Date(NaN), undefined, true]) {
      const wrong = t as unknown as number
      for (const method of ['setDeadline', 'setReadDeadline', 'setWriteDeadline'] as const) {
        await rejectsType(() => c1[method](wrong), `${method}(${String(t)})`)
      }
    }
    for (const ms of ['1', NaN, -1, undefined, null]) {
      const wrong = ms as unknown as number
      for (const method of ['setTimeout', 'setReadTimeout', 'setWriteTimeout'] as const) {
        await rejectsType(() => c1[method](wrong), `${method}(${String(ms)})`)
      }
    }
    await roundTrip(c1, c2)
  })
}

function deadlines(x: ConnTest): void {
  x.states('setReadDeadline(null) takes the deadline from a pending read()', async ({ c1, c2 }) => {
    c1.setReadDeadline(Date.now() + SHORT)
    const p = new Uint8Array(8)
    const reading = held(c1.read(p))
    c1.setReadDeadline(null)
    c2.setReadDeadline(Date.now() + 2 * SHORT)
    await rejectsTimeout(() => c2.read(new Uint8Array(8)), x.shape(c2, 'read'))
    ok(!(await settled(reading)), 'the read() ended although its deadline was cleared')
    await c2.write(new Uint8Array([5]))
    equal(await reading, 1, 'read()')
    equal(p[0], 5, 'the byte')
  })
  x.states('a deadline that is moved holds for a pending read(): later, then earlier', async ({ c1, c2 }) => {
    c1.setReadDeadline(Date.now() + SHORT)
    const reading = held(c1.read(new Uint8Array(8)))
    c1.setReadDeadline(Date.now() + FAR)
    c2.setReadDeadline(Date.now() + 2 * SHORT)
    await rejectsTimeout(() => c2.read(new Uint8Array(8)), x.shape(c2, 'read'))
    ok(!(await settled(reading)), 'the read() ended at the deadline it had first')
    c1.setReadDeadline(new Date(Date.now() + SHORT))
    await rejectsTimeout(() => reading, x.shape(c1, 'read'))
  })
  x.states('a deadline that has passed goes on failing reads until it is set anew', async ({ c1, c2 }) => {
    c1.setReadDeadline(Date.now() + SHORT)
    for (let i = 0; i < 3; i++) await rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    c1.setReadDeadline(Date.now() + FAR)
    await roundTrip(c2, c1)
  })
  x.states('a past read deadline fails read() although data is there', async ({ c1, c2 }) => {
    const writing = held(c2.write(pattern(8)))
    await settled(writing)
    c1.setReadDeadline(0)
    await rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    c1.setReadDeadline(null)
    equalBytes(await readFull(c1, 8), pattern(8), 'the data')
    await writing
  })
  x.states('a read deadline does not touch write(), nor a write deadline read()', async ({ c1, c2 }) => {
    c1.setReadDeadline(1)
    await Promise.all([c1.write(pattern(100)), readFull(c2, 100)])
    c1.setDeadline(null)
    c1.setWriteDeadline(1)
    await Promise.all([c2.write(pattern(100)), readFull(c1, 100)])
    const reading = held(c1.read(new Uint8Array(8)))
    ok(!(await settled(reading)), 'a pending read() ended at the write deadline')
    await c2.write(pattern(8))
    await reading
  })
  if (!x.stream) return
  x.states('deadlines that are moved all the time lose no data', async ({ c1, c2 }) => {
    const want = pattern(1 << 20)
    const [got] = await Promise.all([
      (async () => {
        const p = new Uint8Array(want.byteLength)
        for (let i = 0; i < p.byteLength;) {
          c1.setReadDeadline(Date.now() + FAR)
          i += (await c1.read(p.subarray(i, i + 4096))) ?? p.byteLength
        }
        return p
      })(),
      (async () => {
        for (let i = 0; i < want.byteLength; i += 4096) {
          c2.setWriteDeadline(Date.now() + FAR + i)
          await c2.write(want.subarray(i, i + 4096))
        }
      })(),
    ])
    equalBytes(got, want, 'what arrived')
  })
}

function timeouts(x: ConnTest): void {
  x.states(
    'setReadTimeout() limits each later read() anew, and 0 takes the limit away',
    async ({ c1, c2 }) => {
      const before = held(c1.read(new Uint8Array(1)))
      c1.setReadTimeout(SHORT)
      await c2.write(new Uint8Array(1))
      equal(await before, 1, 'the read() that began before')
      for (let i = 0; i < 2; i++) {
        const start = performance.now()
        await rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
        ok(performance.now() - start >= SHORT - 2, 'the limit came early')
      }
      c1.setReadTimeout(FAR) // a slow network needs more
      await roundTrip(c2, c1)
      c1.setReadTimeout(0)
      const reading = held(c1.read(new Uint8Array(8)))
      c2.setReadTimeout(2 * SHORT)
      await rejectsTimeout(() => c2.read(new Uint8Array(8)), x.shape(c2, 'read'))
      ok(!(await settled(reading)), 'read() ended although there is no limit')
      await c2.write(pattern(8))
      await reading
    },
  )
  x.states('of a deadline and a timeout the earlier counts', async ({ c1 }) => {
    c1.setReadDeadline(Date.now() + FAR)
    c1.setTimeout(SHORT)
    await rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    c1.setReadDeadline(Date.now() + SHORT)
    c1.setTimeout(FAR)
    await rejectsTimeout(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
  })
  if (!x.reliable) return
  x.states('setWriteTimeout() limits a write() that the peer does not read', async ({ c1, c2 }) => {
    c1.setWriteTimeout(SHORT)
    const write = async (): Promise<never> => {
      for (;;) await c1.write(new Uint8Array(16384))
    }
    const e = await rejectsTimeout(write, x.shape(c1, 'write'))
    ok(e.n !== undefined && e.n >= 0 && e.n < 16384, `n of the error is ${e.n}`)
    c1.setWriteTimeout(0)
    const reading = endlessReads(c2)
    equal(await c1.write(new Uint8Array(1024)), 1024, 'write() without a limit')
    await c1.close()
    await reading
  })
}

function partial(x: ConnTest): void {
  x.states('the error of a write() that times out tells in n how many bytes went', async ({ c1, c2 }) => {
    const want = pattern(16 << 20)
    const head = readFull(c2, 1000)
    c1.setWriteDeadline(Date.now() + 2 * SHORT)
    const e = await rejectsTimeout(() => c1.write(want), x.shape(c1, 'write'))
    ok(e.n !== undefined && e.n >= 1000 && e.n < want.byteLength, `n of the error is ${e.n}`)
    await c1.close()
    const [first, rest] = [await head, await readToEnd(c2)]
    equalBytes(first, want.subarray(0, 1000), 'the head')
    equalBytes(rest, want.subarray(1000, e.n), 'what arrived of the write that timed out')
  })
}
