// Memory over connect, echo and close: it must not grow with the number of connections that came and went.
import { parseIP, TCPAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { lanes, mib, settledMemory } from './figures.mjs'

const LANES = 16 // clients at any time
const WARM = 0.1 // of the cycles, after which memory counts
const GROWTH = 5 * 2 ** 20 // bytes
const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)

async function echo(c) {
  const p = new Uint8Array(64)
  try {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
  } catch (e) {
    if (e.code !== 'ECONNRESET') throw e // the client's way to close
  } finally {
    await c.close()
  }
}

async function serve(listener) {
  for await (const c of listener) void echo(c)
}

async function cycle(target, addr) {
  const p = new Uint8Array(64)
  const c = await target.dialTCP('tcp', null, addr)
  await c.write(p)
  for (let n = 0; n < p.byteLength;) {
    const more = await c.read(p.subarray(n))
    if (more === null) throw new Error('the echo ended early')
    n += more
  }
  // A reset instead of a lingering close: a million of these would use up the ports.
  c.setLinger(0)
  await c.close()
}

async function cycles(target, addr, count) {
  let begun = 0
  await lanes(LANES, async () => {
    while (begun++ < count) await cycle(target, addr)
  })
}

export const soak = {
  sentence: 'memory does not grow with the connections that came and went',
  bound: { short: 120, full: 1800 },
  async run({ short }) {
    const count = short ? 20_000 : 1_000_000
    const target = posix()
    const listener = await target.listenTCP('tcp', loopback)
    const serving = serve(listener)
    const check = ledger(keepLeaks())
    await cycles(target, listener.addr, count * WARM)
    const before = settledMemory()
    const start = performance.now()
    await cycles(target, listener.addr, count)
    const perSecond = count / ((performance.now() - start) / 1000)
    const growth = settledMemory() - before
    await check()
    await listener.close()
    await serving
    return {
      // Until much has happened memory grows by what the host compiles and keeps.
      good: short || growth < GROWTH,
      figures: `${count} cycles, ${perSecond.toFixed(0)} a second: resident memory grew by ${mib(growth)} of ${mib(before)}, descriptor delta 0`,
    }
  },
}
