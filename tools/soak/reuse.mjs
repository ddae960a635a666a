// The close/reuse race: connections are closed while reads and writes are pending on them, and their descriptors' numbers are
// taken by new connections at once. Every connection carries bytes of its own, so one that reaches the wrong one is seen.
import { ErrClosed, isErr } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { socketPair } from '@net/posix'
import { Dice, lanes } from './figures.mjs'

const LANES = 64 // connections that live at any time
const SIZE = 8 // bytes of a message: the connection's number, and the message's

class Lives {
  operations = 0
  opened = 0
  interrupted = 0
  #dice = new Dice()

  /** One connection from birth to death. */
  async live() {
    const number = ++this.opened
    const [a, b] = socketPair('unix')
    const rounds = 1 + this.#dice.below(40)
    for (let i = 0; i < rounds; i++) await this.#pass(a, b, number, i)
    await this.#close(a, b)
  }

  async #pass(a, b, number, i) {
    const out = Buffer.alloc(SIZE)
    out.writeUInt32BE(number)
    out.writeUInt32BE(i, 4)
    const got = Buffer.alloc(SIZE)
    // Sometimes the read waits for the write, sometimes it finds the bytes there.
    const read = this.#dice.below(2) === 0 ? b.read(got) : null
    await a.write(out)
    const n = await (read ?? b.read(got))
    this.operations += 2
    if (n !== SIZE || !got.equals(out))
      throw new Error(`connection ${number}, message ${i}: got ${n} bytes, ${got.toString('hex')}`)
  }

  /** Closes both with a read pending on each end, in either order; the next life takes the numbers. */
  async #close(a, b) {
    const pending = [a, b].map((c) =>
      c.read(new Uint8Array(SIZE)).then(
        // The end that is closed second may read the end of the stream first.
        (n) => {
          if (n !== null) throw new Error(`a read at the end gave ${n} bytes`)
        },
        (e) => {
          if (!isErr(e, ErrClosed)) throw e
          this.interrupted++
        },
      ),
    )
    const [first, second] = this.#dice.below(2) === 0 ? [a, b] : [b, a]
    await first.close()
    const closing = second.close()
    if (this.#dice.below(2) === 0) await closing
    this.operations += 4
    await Promise.all([...pending, closing])
  }
}

export const soak = {
  sentence: 'no byte reaches a connection that took the number of a closed one',
  bound: { short: 120, full: 900 },
  async run({ short }) {
    const goal = short ? 100_000 : 10_000_000
    await new Lives().live()
    const check = ledger(keepLeaks())
    const lives = new Lives()
    await lanes(LANES, async () => {
      while (lives.operations < goal) await lives.live()
    })
    await check()
    const { operations, opened, interrupted } = lives
    return {
      good: true,
      figures: `${operations} operations on ${opened} connections, ${interrupted} ended by close: no byte went astray, descriptor delta 0`,
    }
  },
}
