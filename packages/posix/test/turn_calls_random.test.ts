import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { UnixConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix, socketPair } from '../src/index.ts'
import type { Engine } from '../src/poll/turn_calls.ts'
import { pattern } from './connected.ts'
import { noRing } from './ring.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())

afterAll(async () => {
  posix({ engine: 'auto' })
  await check()
})

const PAIRS = 24
const BYTES = 200_000 // each way of each pair
const LONGEST = 5000 // bytes of a read or write: some go together with others, some are too long for that
const sent = pattern(BYTES)

/** Numbers below a limit, the same for a seed. */
function numbers(seed: number): (limit: number) => number {
  const drawn = fc.sample(fc.noBias(fc.nat()), { seed, numRuns: 10_000 })
  let i = 0
  return (limit) => (drawn[i++ % drawn.length] ?? 0) % limit
}

/** Writes all of the pattern in pieces, some without waiting for those before. */
async function writeAll(conn: UnixConn, random: (limit: number) => number): Promise<void> {
  const writing: Promise<number>[] = []
  for (let at = 0; at < BYTES;) {
    const piece = sent.subarray(at, at + 1 + random(LONGEST))
    at += piece.byteLength
    writing.push(conn.write(piece))
    if (random(3) > 0) await Promise.all(writing.splice(0))
  }
  await Promise.all(writing)
  await conn.closeWrite()
}

/** Reads all in pieces, and ends some reads before they are done. Gives what came. */
async function readAll(conn: UnixConn, random: (limit: number) => number): Promise<Uint8Array> {
  const all = new Uint8Array(BYTES)
  for (let at = 0; ;) {
    const p = new Uint8Array(1 + random(LONGEST))
    const abort = new AbortController()
    const reading = conn.read(p, { signal: abort.signal })
    if (random(4) === 0) {
      if (random(2) === 0) await Promise.resolve()
      abort.abort(null)
    }
    const n = await reading.catch((reason: unknown) => {
      expect(reason).toBeNull()
      return 0
    })
    if (n === null) return all.subarray(0, at)
    all.set(p.subarray(0, n), at)
    at += n
  }
}

test.skipIf(noRing !== '').each<[Engine, number]>([
  ['io_uring', 1],
  ['io_uring', 2],
  ['auto', 3],
  ['epoll', 4],
])(
  `with engine %s and seed %i no byte is lost, doubled or moved, whatever ends meanwhile ${noRing}`,
  async (engine, seed) => {
    posix({ engine })
    const pairs = Array.from({ length: PAIRS }, () => socketPair())
    const random = numbers(seed)
    const ends = pairs.flat()
    const [received] = await Promise.all([
      Promise.all(ends.map((conn) => readAll(conn, random))),
      Promise.all(ends.map((conn) => writeAll(conn, random))),
    ])
    expect(received.map((all) => Buffer.compare(all, sent))).toEqual(ends.map(() => 0))
    await Promise.all(ends.map((conn) => conn.close()))
  },
)
