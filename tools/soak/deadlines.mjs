// Deadlines of what waits: none comes early, and how late they come.
import { ErrDeadlineExceeded, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { Dice, lanes, sorted, spread } from './figures.mjs'
import { connectionTypes, loopback } from './pairs.mjs'

const PAIRS = 20 // of a type, at a time
const FURTHEST = 200 // milliseconds that a deadline may be away
const LARGE = new Uint8Array(1 << 26) // more than any buffer between two ends takes
const dice = new Dice(3)

class Deadlines {
  early = []
  wrongs = []
  late = []

  /** Starts an operation once its deadline is set, and notes when it ended. */
  async meet(label, set, operation) {
    const at = Date.now() + dice.below(FURTHEST)
    set(at)
    try {
      const value = await operation()
      this.wrongs.push(`${label}: it gave ${value}`)
    } catch (e) {
      const lateness = performance.timeOrigin + performance.now() - at
      if (Date.now() < at) this.early.push(`${label}: ${at - Date.now()} ms early`)
      if (isErr(e, ErrDeadlineExceeded)) this.late.push(lateness)
      else this.wrongs.push(`${label}: ${e.message}`)
    }
  }

  /** Reads and writes of a connection, side by side, again and again. */
  async connection({ label, options, make }, times) {
    const [c1, c2] = await make()
    const reads = async () => {
      for (let i = 0; i < times; i++)
        await this.meet(
          `${label} read`,
          (at) => c1.setReadDeadline(at),
          () => c1.read(new Uint8Array(8)),
        )
    }
    const writes = async () => {
      if (options.kind === 'datagram') return
      const p = options.kind === 'seqpacket' ? LARGE.subarray(0, 1024) : LARGE
      for (let i = 0; i < times; i++)
        await this.meet(
          `${label} write`,
          (at) => c1.setWriteDeadline(at),
          async () => {
            for (;;) await c1.write(p)
          },
        )
    }
    await Promise.all([reads(), writes()])
    await Promise.all([c1.close(), c2.close()])
  }

  /** Accepts of a listener. */
  async listener(target, times) {
    const listener = await target.listenTCP('tcp', loopback)
    for (let i = 0; i < times; i++)
      await this.meet(
        'accept',
        (at) => listener.setDeadline(at),
        () => listener.accept(),
      )
    await listener.close()
  }
}

export const soak = {
  sentence: 'a deadline never comes early',
  bound: { short: 120, full: 900 },
  async run({ short }) {
    const times = short ? 3 : 100
    const { types, stop } = await connectionTypes()
    const check = ledger(keepLeaks())
    const deadlines = new Deadlines()
    for (const type of types) await lanes(short ? 4 : PAIRS, () => deadlines.connection(type, times))
    await lanes(PAIRS, () => deadlines.listener(posix(), times))
    await check()
    await stop()
    const { early, wrongs, late } = deadlines
    for (const wrong of new Set([...early, ...wrongs])) console.log(wrong)
    return {
      good: early.length === 0 && wrongs.length === 0,
      figures: `${late.length} deadlines on ${types.length} types of connection and of accepts: ${early.length} early, ${wrongs.length} ended otherwise; late by p50/p99/max ${spread(sorted(late))} ms`,
    }
  },
}
