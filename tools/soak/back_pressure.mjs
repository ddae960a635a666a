// Writers that are faster than their readers: what is on the way stays what it was, however long that lasts.
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { at, mib, sorted } from './figures.mjs'
import { connectionTypes } from './pairs.mjs'

const WRITE = new Uint8Array(1 << 16)
const READ = 1 << 12 // bytes of a read
const PAUSE = 5 // milliseconds between two reads
const SAMPLE = 100 // milliseconds
const GROWTH = 8 * 2 ** 20 // bytes that memory may move

/** One connection: a writer that never rests, and a reader that mostly does. */
class Flow {
  written = 0
  got = 0
  #ends

  constructor(label, ends) {
    this.label = label
    this.#ends = ends
  }

  get ahead() {
    return this.written - this.got
  }

  run(signal) {
    return Promise.all([this.#write(), this.#read(signal)])
  }

  async #write() {
    const [c1] = this.#ends
    try {
      for (;;) this.written += await c1.write(WRITE)
    } catch (e) {
      if (e.code !== 'EPIPE' && e.code !== 'ECONNRESET' && !/closed/.test(e.message)) throw e
    }
  }

  async #read(signal) {
    const [c1, c2] = this.#ends
    const p = new Uint8Array(READ)
    while (!signal.aborted) {
      this.got += (await c2.read(p)) ?? 0
      await new Promise((resolve) => setTimeout(resolve, PAUSE))
    }
    await Promise.all([c1.close(), c2.close()])
  }
}

export const soak = {
  sentence: 'a writer that is faster than its reader waits, and memory stays flat',
  bound: { short: 120, full: 200 },
  async run({ short }) {
    const seconds = short ? 4 : 60
    const { types, stop } = await connectionTypes()
    const check = ledger(keepLeaks())
    const flows = []
    for (const { label, options, make } of types)
      if (options.kind === undefined) flows.push(new Flow(label, await make()))
    const stopping = new AbortController()
    const running = Promise.all(flows.map((flow) => flow.run(stopping.signal)))
    const samples = []
    const start = performance.now()
    while (performance.now() - start < seconds * 1000) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE))
      globalThis.gc()
      samples.push({ memory: process.memoryUsage.rss(), ahead: Math.max(...flows.map((flow) => flow.ahead)) })
    }
    // The buffers between the ends have filled in the first half; in the second nothing is to move.
    const second = samples.slice(samples.length / 2)
    const memory = sorted(second.map((sample) => sample.memory))
    const growth = at(sorted(second.slice(-5).map((sample) => sample.memory)), 0.5) - second[0].memory
    const most = Math.max(...samples.map((sample) => sample.ahead))
    const lines = flows.map(({ label, ahead, got }) => `${label}: ${mib(ahead)} ahead of ${mib(got)} read`)
    const moved = flows.every(({ got }) => got > 0)
    stopping.abort()
    await running
    await check()
    await stop()
    for (const line of lines) console.log(line)
    return {
      good: moved && (short || growth < GROWTH),
      figures: `${flows.length} types of connection for ${seconds} s: ${mib(most)} ahead at most; in the second half memory went from ${mib(second[0].memory)} to ${mib(memory.at(-1))} at most, by ${mib(growth)} at the end`,
    }
  },
}
