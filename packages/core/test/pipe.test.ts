import { afterAll, describe, expect, expectTypeOf, test } from 'vitest'
import { ErrClosed, isErr, OpError, type ByteStreams, type Conn } from '@net/contract'
import { ledger, testConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrClosedPipe, pipe } from '../src/pipe.ts'

afterAll(ledger(keepLeaks()))

testConn(
  { test },
  () => {
    const [c1, c2] = pipe()
    return Promise.resolve({
      c1,
      c2,
      async stop() {
        await c1.close()
        await c2.close()
      },
    })
  },
  {
    label: 'pipe()',
    network: 'pipe',
    errorAddrs: false,
    halfClose: true,
    byteStreams: true,
    liveness: {
      script: "import { pipe } from '@net/core'; const [c1, c2] = pipe()",
      cwd: import.meta.dirname,
    },
  },
)

/** Whether a promise has settled once everything that was ready has run. */
async function done(promise: Promise<unknown>): Promise<boolean> {
  const mark = Symbol()
  await new Promise((resolve) => setImmediate(resolve))
  return (await Promise.race([promise, Promise.resolve(mark)])) !== mark
}

describe('pipe()', () => {
  test('a write() settles when all of its bytes have been read, by as many reads as it takes', async () => {
    const [a, b] = pipe()
    const writing = a.write(new Uint8Array([1, 2, 3, 4, 5]))
    const p = new Uint8Array(2)
    for (const want of [2, 2]) {
      expect(await b.read(p)).toBe(want)
      expect(await done(writing)).toBe(false)
    }
    expect(await b.read(p)).toBe(1)
    expect(p[0]).toBe(5)
    expect(await writing).toBe(5)
  })

  test('a read() never joins two writes', async () => {
    const [a, b] = pipe()
    const writes = [a.write(new Uint8Array([1])), a.write(new Uint8Array([2, 3]))]
    const p = new Uint8Array(10)
    expect(await b.read(p)).toBe(1)
    expect(await b.read(p)).toBe(2)
    expect(await Promise.all(writes)).toEqual([1, 2])
  })

  test('write() of an empty buffer gives 0 at once and is not seen by the other end', async () => {
    const [a, b] = pipe()
    const reading = b.read(new Uint8Array(4))
    expect(await a.write(new Uint8Array(0))).toBe(0)
    expect(await done(reading)).toBe(false)
    await a.write(new Uint8Array(3))
    expect(await reading).toBe(3)
  })

  test('after close() the closed end gives ErrClosedPipe; the other reads to the end and cannot write', async () => {
    const [a, b] = pipe()
    const pending = [a.read(new Uint8Array(1)), a.write(new Uint8Array(1))].map((p) =>
      p.catch((e: unknown) => e),
    )
    await a.close()
    const errors = [
      ...(await Promise.all(pending)),
      await a.read(new Uint8Array(1)).catch((e: unknown) => e),
      await a.write(new Uint8Array(1)).catch((e: unknown) => e),
      await b.write(new Uint8Array(1)).catch((e: unknown) => e),
    ]
    for (const e of errors) {
      expect(e).toBeInstanceOf(OpError)
      expect(isErr(e, ErrClosedPipe)).toBe(true)
      expect(isErr(e, ErrClosed)).toBe(true)
    }
    expect(errors.map((e) => (e as Error).message)).toEqual([
      'read pipe: io: read/write on closed pipe',
      'write pipe: io: read/write on closed pipe',
      'read pipe: io: read/write on closed pipe',
      'write pipe: io: read/write on closed pipe',
      'write pipe: io: read/write on closed pipe',
    ])
    expect(await b.read(new Uint8Array(1))).toBe(null)
  })

  test('closeRead() fails the pending write() of the peer and tells what went', async () => {
    const [a, b] = pipe()
    const writing = a.write(new Uint8Array(10)).catch((e: unknown) => e)
    await b.read(new Uint8Array(4))
    await b.closeRead()
    expect(await writing).toMatchObject({ op: 'write', net: 'pipe', n: 4 })
  })

  test('ten thousand queued operations do not nest', async () => {
    const [a, b] = pipe()
    const reads = Array.from({ length: 10_000 }, () => b.read(new Uint8Array(1)))
    const writes = Array.from({ length: 10_000 }, () => a.write(new Uint8Array(1)))
    expect((await Promise.all([...reads, ...writes])).every((n) => n === 1)).toBe(true)
    const later = Array.from({ length: 10_000 }, () => a.write(new Uint8Array(1)))
    expect(await Promise.all(Array.from({ length: 10_000 }, () => b.read(new Uint8Array(1))))).toHaveLength(
      10_000,
    )
    await Promise.all(later)
  })

  test('the ends are connections with byte streams whose addresses are "pipe"', () => {
    const [a, b] = pipe()
    expectTypeOf(a).toExtend<Conn & ByteStreams>()
    for (const addr of [a.localAddr, a.remoteAddr, b.localAddr, b.remoteAddr]) {
      expect([addr.network, addr.toString()]).toEqual(['pipe', 'pipe'])
    }
  })
})
