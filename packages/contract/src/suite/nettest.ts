// Eleven statements that every connection must pass; their model is nettest.TestConn of golang.org/x/net.
import type { Conn } from '../conn.ts'
import { equal, equalBytes, ok } from './assert.ts'
import {
  endlessReads,
  endlessWrites,
  pattern,
  readFull,
  readToEnd,
  resync,
  roundTrip,
  writeChunks,
} from './bytes.ts'
import type { ConnTest } from './conn_maker.ts'
import { checkClosed, checkTimeout, rejectsTimeout } from './op_error.ts'
import { delay, settled, turn } from './part.ts'

const PAST = 1000 // a second after the epoch
const FAR = 10 * 60_000 // milliseconds: longer than any part
const SHORT = 100 // milliseconds

/** Registers the eleven parts. */
export function testNettest(x: ConnTest): void {
  if (x.reliable) basicIO(x)
  x.states(
    'PingPong: the ends pass a counter to each other up to 1000, each adding one',
    async ({ c1, c2 }) => {
      await Promise.all([pingPong(c1, true), pingPong(c2, false)])
      await c1.close()
      if (x.reliable) equal(await c2.read(new Uint8Array(8)), null, 'read() after the peer has closed')
    },
  )
  if (x.reliable) racy(x)
  if (x.reliable) oneDirection(x)
  pastTimeout(x)
  presentTimeout(x)
  futureTimeout(x)
  closeTimeout(x)
  concurrentMethods(x)
}

function basicIO(x: ConnTest): void {
  x.states(
    'BasicIO: 1 MiB written before close() arrives unchanged, then read() gives null',
    async ({ c1, c2 }) => {
      const want = pattern(1 << 20)
      const write = async (): Promise<void> => {
        await writeChunks(c1, want, 1024)
        await c1.close()
      }
      const [got] = await Promise.all([readToEnd(c2, 1024), write()])
      equalBytes(got, want, 'what arrived')
      equal(await c2.read(new Uint8Array(8)), null, 'read() after the end')
      await c2.close()
    },
  )
}

// One end writes 0, 2, ... 1000, the other answers 1, 3, ... 999.
async function pingPong(c: Conn, begins: boolean): Promise<void> {
  const p = new Uint8Array(8)
  const view = new DataView(p.buffer)
  const send = async (value: number): Promise<void> => {
    view.setBigUint64(0, BigInt(value))
    equal(await c.write(p), 8, 'write() of the counter')
  }
  let wrote = begins ? 0 : -1
  if (begins) await send(0)
  while (wrote < 1000) {
    p.set(await readFull(c, 8))
    const value = Number(view.getBigUint64(0))
    equal(value, wrote + 1, 'the counter')
    if (value === 1000) break
    wrote = value + 1
    await send(wrote)
  }
}

function racy(x: ConnTest): void {
  x.states(
    'RacyRead: ten readers with deadlines of 1 ms see nothing but data and time-outs',
    async ({ c1, c2 }) => {
      const writing = endlessWrites(c2)
      const reader = async (k: number): Promise<void> => {
        const p = new Uint8Array(1024)
        c1.setReadDeadline(Date.now() + 1)
        for (let i = 0; i < 100; i++) {
          try {
            const n = await c1.read(p)
            ok(n !== null && n > 0, `read() gave ${n}`)
            ok(
              p.subarray(0, n).every((b) => b === 0),
              'read() gave bytes that were not written',
            )
            p.fill(k + 1)
          } catch (e) {
            checkTimeout(e, x.shape(c1, 'read'))
            c1.setReadDeadline(Date.now() + 1)
          }
        }
      }
      await Promise.all(Array.from({ length: 10 }, (_, k) => reader(k)))
      await c1.close()
      await c2.close()
      await writing
    },
  )
  x.states(
    'RacyWrite: ten writers with deadlines of 1 ms see nothing but success and time-outs',
    async ({ c1, c2 }) => {
      const reading = endlessReads(c2)
      const writer = async (k: number): Promise<void> => {
        const p = new Uint8Array(1024).fill(k)
        c1.setWriteDeadline(Date.now() + 1)
        for (let i = 0; i < 100; i++) {
          try {
            equal(await c1.write(p), p.byteLength, 'write()')
          } catch (e) {
            checkTimeout(e, x.shape(c1, 'write'))
            c1.setWriteDeadline(Date.now() + 1)
          }
        }
      }
      await Promise.all(Array.from({ length: 10 }, (_, k) => writer(k)))
      await c1.close()
      equal(await reading, null, 'the end of what the peer read')
    },
  )
}

function oneDirection(x: ConnTest): void {
  x.states('ReadTimeout: a past read deadline fails read() while write() succeeds', async ({ c1, c2 }) => {
    const reading = endlessReads(c2)
    c1.setReadDeadline(PAST)
    await rejectsTimeout(() => c1.read(new Uint8Array(1024)), x.shape(c1, 'read'))
    equal(await c1.write(new Uint8Array(1024)), 1024, 'write()')
    await c1.close()
    await reading
  })
  x.states('WriteTimeout: a past write deadline fails write() while read() succeeds', async ({ c1, c2 }) => {
    const writing = endlessWrites(c2)
    c1.setWriteDeadline(PAST)
    const e = await rejectsTimeout(() => c1.write(new Uint8Array(1024)), x.shape(c1, 'write'))
    equal(e.n, 0, 'n of the error')
    const n = await c1.read(new Uint8Array(1024))
    ok(n !== null && n > 0, `read() gave ${n}`)
    await c1.close()
    await c2.close()
    await writing
  })
}

function pastTimeout(x: ConnTest): void {
  x.states(
    'PastTimeout: a past deadline fails read() and write() at once, later ones work again',
    async ({ c1, c2 }) => {
      await roundTrip(c1, c2)
      c1.setDeadline(new Date(PAST))
      const e = await rejectsTimeout(() => c1.write(new Uint8Array(1024)), x.shape(c1, 'write'))
      equal(e.n, 0, 'n of the error')
      await rejectsTimeout(() => c1.read(new Uint8Array(1024)), x.shape(c1, 'read'))
      c1.setDeadline(null)
      await roundTrip(c1, c2)
    },
  )
}

/** Starts a read, and writes without end where a peer that does not read makes the writer wait. */
export function pendingBoth(x: ConnTest, c: Conn, signal?: AbortSignal): Promise<unknown>[] {
  const reading = c.read(new Uint8Array(1024), { signal }).then(
    (n) => new Error(`read() gave ${n}`),
    (e: unknown) => e,
  )
  return x.reliable ? [reading, endlessWrites(c, signal)] : [reading]
}

function presentTimeout(x: ConnTest): void {
  x.states(
    'PresentTimeout: a deadline set into the past ends what is pending, not before',
    async ({ c1 }) => {
      const pending = pendingBoth(x, c1)
      await delay(SHORT)
      for (const p of pending) ok(!(await settled(p)), 'an operation ended before the deadline')
      c1.setDeadline(PAST)
      const [read, write] = await Promise.all(pending)
      checkTimeout(read, x.shape(c1, 'read'))
      if (x.reliable) checkTimeout(write, x.shape(c1, 'write'))
    },
  )
}

function futureTimeout(x: ConnTest): void {
  x.states(
    'FutureTimeout: a deadline ends what is pending, not early, and the connection stays usable',
    async (pair) => {
      const { c1, c2 } = pair
      const at = Date.now() + SHORT
      c1.setDeadline(at)
      const [read, write] = await Promise.all(pendingBoth(x, c1))
      ok(Date.now() >= at - 1, `the deadline came ${at - Date.now()} ms early`)
      checkTimeout(read, x.shape(c1, 'read'))
      if (x.reliable) checkTimeout(write, x.shape(c1, 'write'))
      if (x.reliable) await resync(c1, c2)
      else c1.setDeadline(null)
      await roundTrip(c1, c2)
    },
  )
}

function closeTimeout(x: ConnTest): void {
  x.states('CloseTimeout: close() ends what is pending on the same end', async ({ c1 }) => {
    c1.setDeadline(Date.now() + FAR)
    const pending = pendingBoth(x, c1)
    await delay(SHORT)
    for (const p of pending) ok(!(await settled(p)), 'an operation ended before close()')
    await c1.close()
    const [read, write] = await Promise.all(pending)
    checkClosed(read, x.shape(c1, 'read'))
    if (x.reliable) checkClosed(write, x.shape(c1, 'write'))
  })
}

function concurrentMethods(x: ConnTest): void {
  x.states(
    'ConcurrentMethods: all methods at once, 100 times, lose no byte and leave the connection usable',
    async (pair) => {
      const { c1, c2 } = pair
      const echoing = echo(c2)
      let sent = 0
      let received = 0
      for (let i = 0; i < 100; i++) {
        const both = Promise.allSettled([c1.read(new Uint8Array(1024)), c1.write(new Uint8Array(1024))])
        c1.setDeadline(Date.now() + 10)
        c1.setReadDeadline(Date.now() + 10)
        c1.setWriteDeadline(Date.now() + 10)
        ok(c1.localAddr.network !== '' && c1.remoteAddr.network !== '', 'the network of an address is empty')
        const [read, write] = await both
        if (read.status === 'fulfilled') received += read.value ?? 0
        else checkTimeout(read.reason, x.shape(c1, 'read'))
        if (write.status === 'fulfilled') {
          sent += write.value
        } else {
          checkTimeout(write.reason, x.shape(c1, 'write'))
          sent += write.reason.n ?? 0
        }
      }
      c1.setDeadline(null)
      if (x.stream) {
        while (received < sent) received += (await c1.read(new Uint8Array(1024))) ?? 0
        equal(received, sent, 'bytes echoed')
        const want = pattern(100)
        await c1.write(want)
        equalBytes(await readFull(c1, 100), want, 'echo')
      }
      await c1.close()
      await c2.close()
      await echoing
    },
  )
}

async function echo(c: Conn): Promise<void> {
  const p = new Uint8Array(1024)
  try {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) {
      await c.write(p.subarray(0, n))
      await turn()
    }
  } catch {
    // The connection is closed under it when the part is over.
  }
}
