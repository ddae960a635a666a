import type { HalfCloser } from '../half_closer.ts'
import { equal, equalBytes, held, ok, rejects, show } from './assert.ts'
import { pattern, random, readFull, readToEnd, roundTrip, writeChunks } from './bytes.ts'
import type { ConnPair, ConnTest } from './conn_maker.ts'
import { checkOpError } from './op_error.ts'
import { settled } from './part.ts'

/** Registers the statements about the end of a stream, halves of it, reset and integrity. */
export function testConnStream(x: ConnTest): void {
  end(x)
  integrity(x)
  if (x.options.halfClose === true) halfClose(x)
  if (x.options.reset !== undefined) reset(x, x.options.reset)
}

function end(x: ConnTest): void {
  x.states('read() gives null at the end only, then again and again', async ({ c1, c2 }) => {
    const write = async (): Promise<void> => {
      await c1.write(new Uint8Array([1, 2, 3]))
      await c1.close()
    }
    const [got] = await Promise.all([readFull(c2, 3), write()])
    equal(got.join(), '1,2,3', 'what arrived')
    for (let i = 0; i < 3; i++) equal(await c2.read(new Uint8Array(8)), null, 'read() at the end')
  })
  x.states('the close() of the peer ends every read() in the queue with null', async ({ c1, c2 }) => {
    const reads = [1, 2, 3].map(() => c2.read(new Uint8Array(8)))
    await settled(Promise.all(reads))
    await c1.close()
    for (const read of reads) equal(await read, null, 'a pending read()')
  })
  x.states('write() to a peer that has closed fails in the end, with an OpError', async ({ c1, c2 }) => {
    await c1.close()
    const e = await rejects(async () => {
      for (;;) await c2.write(new Uint8Array(1024))
    }, 'write()')
    checkOpError(e, x.shape(c2, 'write'))
    ok(!e.timeout, 'the error is a time-out')
    equal(typeof e.n, 'number', 'type of n')
  })
}

function integrity(x: ConnTest): void {
  const megabytes = 16
  x.states(
    `${megabytes} MiB in chunks of random size arrive unchanged, both ways at once`,
    async ({ c1, c2 }) => {
      const largest = x.stream ? 100_000 : 10_000
      const length = megabytes << 20
      const oneWay = async (from: ConnPair['c1'], to: ConnPair['c1'], seed: number): Promise<void> => {
        const want = pattern(length, seed)
        const next = random(seed + 1)
        const got = new Uint8Array(length)
        const read = async (): Promise<void> => {
          for (let i = 0; i < length;) {
            // A packet must fit, or its rest is lost.
            const size = x.stream ? 1 + next(largest) : largest
            const n = await to.read(got.subarray(i, i + size))
            if (n === null) throw new Error(`the stream ended after ${i} of ${length} bytes`)
            i += n
          }
        }
        await Promise.all([writeChunks(from, want, () => 1 + next(largest)), read()])
        equalBytes(got, want, `what arrived (seed ${seed})`)
      }
      const seed = 1 + Math.floor(Math.random() * 1e6)
      await Promise.all([oneWay(c1, c2, seed), oneWay(c2, c1, seed + 10)])
    },
  )
}

function halfClose(x: ConnTest): void {
  const halves = (pair: ConnPair): [HalfCloser, HalfCloser] => [pair.c1 as HalfCloser, pair.c2 as HalfCloser]
  x.states('closeWrite() lets the peer read to the end and this end go on reading', async (pair) => {
    const [c1, c2] = halves(pair)
    const ask = async (): Promise<void> => {
      await c1.write(pattern(1000))
      await c1.closeWrite()
    }
    const [asked] = await Promise.all([readToEnd(c2), ask()])
    equalBytes(asked, pattern(1000), 'what the peer read')
    const answer = async (): Promise<void> => {
      await writeChunks(c2, pattern(300_000, 2), 4096)
      await c2.closeWrite()
    }
    const [answered] = await Promise.all([readToEnd(c1), answer()])
    equalBytes(answered, pattern(300_000, 2), 'what this end read')
  })
  x.states('closeWrite() of an end that has sent nothing leaves all of a long answer to it', async (pair) => {
    const [c1, c2] = halves(pair)
    await c1.closeWrite()
    equal(await c2.read(new Uint8Array(8)), null, 'the read() of what was never sent')
    const long = pattern(4 << 20)
    const answer = async (): Promise<void> => {
      await writeChunks(c2, long, 65_536)
      await c2.closeWrite()
    }
    const [answered] = await Promise.all([readToEnd(c1), answer()])
    equalBytes(answered, long, 'what arrived')
  })
  x.states('write() after closeWrite() fails with an OpError', async (pair) => {
    const [c1, c2] = halves(pair)
    await c1.closeWrite()
    checkOpError(await rejects(() => c1.write(new Uint8Array(8)), 'write()'), x.shape(c1, 'write'))
    await Promise.all([c2.write(pattern(10)), readFull(c1, 10)])
  })
  x.states('closeRead() ends pending and later reads with null and leaves writing alone', async (pair) => {
    const [c1, c2] = halves(pair)
    const pending = held(c1.read(new Uint8Array(8)))
    ok(!(await settled(pending)), 'the read() ended before closeRead()')
    await c1.closeRead()
    equal(await pending, null, 'the pending read()')
    equal(await c1.read(new Uint8Array(8)), null, 'a later read()')
    await Promise.all([c1.write(pattern(10)), readFull(c2, 10)])
  })
  x.states(
    'closeRead() and closeWrite() of something closed fail or do nothing, and close() still works',
    async (pair) => {
      const [c1] = halves(pair)
      await c1.close()
      for (const half of ['closeRead', 'closeWrite'] as const) {
        const e = await c1[half]().then(
          () => null,
          (error: unknown) => error,
        )
        if (e !== null) checkOpError(e, { op: 'close', net: x.options.network })
      }
      await c1.close()
    },
  )
}

function reset(x: ConnTest, resetConn: NonNullable<ConnTest['options']['reset']>): void {
  x.states('a reset fails read() with ECONNRESET, which is not the end of the stream', async ({ c1, c2 }) => {
    await roundTrip(c1, c2)
    const reading = rejects(() => c2.read(new Uint8Array(8)), 'the pending read()')
    await resetConn(c1)
    const e = await reading
    checkOpError(e, x.shape(c2, 'read'))
    equal(e.code, 'ECONNRESET', 'code')
    ok(typeof e.errno === 'number' && e.errno < 0, `errno is ${show(e.errno)}`)
    ok(typeof e.syscall === 'string' && e.syscall !== '', `syscall is ${show(e.syscall)}`)
    ok(e.message.endsWith(': connection reset by peer'), `message is ${e.message}`)
    ok(!e.timeout && !e.temporary, 'a reset is neither a time-out nor temporary')
  })
}
