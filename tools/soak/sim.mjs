// The eleven parts of nettest, over and over, between two simulated hosts in virtual time.
import { parseIP, TCPAddr } from '@net/addr'
import { collect, testConn } from '@net/contract/suite'
import { SimNetwork } from '@net/sim'
import { NETTEST } from './nettest.mjs'

const MINUTE = 60_000 // milliseconds, for a thousand times
const DAYS = 30 * 24 * 3_600_000 // of virtual time, in milliseconds

/** The parts, over TCP on a perfect link. */
function partsOf(sim) {
  const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
  const b = sim.host('b', { addrs: ['10.0.0.2/24'] })
  sim.link(a, b)
  const all = collect()
  const pair = async () => {
    const listener = await b.target.listenTCP('tcp', new TCPAddr(parseIP('10.0.0.2'), 0))
    const [c1, c2] = await Promise.all([a.target.dialTCP('tcp', null, listener.addr), listener.accept()])
    await listener.close()
    return { c1, c2, stop: () => Promise.all([c1.close(), c2.close()]) }
  }
  testConn(all, pair, { network: 'tcp' })
  return all.parts.filter(({ name }) => NETTEST.some((part) => name.startsWith(`${part}:`)))
}

export const soak = {
  sentence: 'nettest’s parts hold each time on a simulated network, a thousand times within a minute',
  bound: { short: 120, full: 600 },
  async run({ short }) {
    const times = short ? 20 : 1000
    const sim = new SimNetwork({ seed: 1, timeLimit: DAYS, eventLimit: Infinity, traceLimit: 100 })
    const parts = partsOf(sim)
    if (parts.length !== NETTEST.length) throw new Error(`there are ${parts.length} of nettest's parts`)
    const failures = []
    const begin = performance.now()
    const cpu = process.cpuUsage()
    for (let i = 0; i < times; i++) {
      // A part for each run, as each test of a program is one.
      for (const { name, fn } of parts) await sim.run(fn).catch((e) => failures.push(`${name}: ${e.message}`))
    }
    const took = performance.now() - begin
    const { user, system } = process.cpuUsage(cpu)
    const leaks = sim.leaks()
    for (const line of failures.slice(0, 10)) console.log(line)
    const seconds = (ms) => (ms / 1000).toFixed(1)
    return {
      good: failures.length === 0 && leaks.length === 0 && (short || took < MINUTE),
      figures: `${parts.length} parts ${times} times in ${seconds(took)} s, ${seconds((user + system) / 1000)} s of a processor, ${seconds(sim.now)} s of virtual time: ${failures.length} failed, ${leaks.length} left open`,
    }
  },
}
