// Closing with much pending: all of it is rejected, and how soon.
import { ErrClosed, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, posix } from '@net/posix'
import { at, sorted, spread, waited } from './figures.mjs'
import { connectionTypes, loopback } from './pairs.mjs'

const PENDING = 10 // reads, and as many writes
const SOON = 10 // milliseconds within which all is rejected, without those in which other programs had the processor
const LARGE = new Uint8Array(1 << 24) // more than any buffer between two ends takes

class Closings {
  times = [] // without those of others
  walls = []
  wrongs = []

  /** Closes, and waits for the rejections of what is pending. */
  async close(label, closer, pending) {
    const ends = pending.map((p) =>
      p.then(
        (value) => this.wrongs.push(`${label}: it gave ${value}`),
        (e) => isErr(e, ErrClosed) || this.wrongs.push(`${label}: ${e.message}`),
      ),
    )
    // Everything waits by now, in the lanes and beyond.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    const others = waited()
    const start = performance.now()
    const closing = closer.close()
    await Promise.all(ends)
    const wall = performance.now() - start
    this.walls.push(wall)
    this.times.push(wall - (waited() - others))
    await closing
  }

  async connection({ label, options, make }) {
    const [c1, c2] = await make()
    const pending = Array.from({ length: PENDING }, () => c1.read(new Uint8Array(8)))
    if (options.kind === undefined) {
      const filling = c1.write(LARGE)
      pending.push(filling, ...Array.from({ length: PENDING }, () => c1.write(LARGE)))
    }
    await this.close(label, c1, pending)
    await c2.close()
  }

  async listener(target) {
    const listener = await target.listenTCP('tcp', loopback)
    const pending = Array.from({ length: PENDING }, () => listener.accept())
    await this.close(`${target.name} accept`, listener, pending)
  }
}

export const soak = {
  sentence: `close() rejects everything that is pending within ${SOON} ms`,
  bound: { short: 120, full: 600 },
  async run({ short }) {
    const times = short ? 3 : 100
    const { types, stop } = await connectionTypes()
    const check = ledger(keepLeaks())
    const lines = []
    const wrongs = []
    const all = []
    const walls = []
    const run = async (label, act) => {
      const closings = new Closings()
      for (let i = 0; i < times; i++) await act(closings)
      sorted(closings.times)
      lines.push(`${label}: ${spread(closings.times)} ms`)
      wrongs.push(...closings.wrongs)
      all.push(...closings.times)
      walls.push(...closings.walls)
    }
    for (const type of types) await run(type.label, (closings) => closings.connection(type))
    for (const target of [posix(), hosted()])
      await run(`${target.name} accept`, (closings) => closings.listener(target))
    await check()
    await stop()
    for (const line of [...lines, ...new Set(wrongs)]) console.log(line)
    sorted(all)
    return {
      good: wrongs.length === 0 && (short || at(all, 0.99) <= SOON),
      figures: `${all.length} times up to ${2 * PENDING + 1} operations pending, ${wrongs.length} ended otherwise; until the last rejection p50/p99/max ${spread(all)} ms, with other programs' turns ${spread(sorted(walls))} ms`,
    }
  },
}
