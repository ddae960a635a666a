// The eleven parts of nettest between two simulated hosts in virtual time: `node simulated.mjs TIMES SEED`. It sends what came of
// them: failures, what was left open, and seconds of the processor and of virtual time.
import { parseIP, TCPAddr } from '@net/addr'
import { collect, streamPair, testConn } from '@net/contract/suite'
import { SimNetwork } from '@net/sim'
import { NETTEST } from '../nettest.mjs'

const DAYS = 30 * 24 * 3_600_000 // of virtual time, in milliseconds

/** The parts, over TCP on a perfect link. */
function partsOf(sim) {
  const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
  const b = sim.host('b', { addrs: ['10.0.0.2/24'] })
  sim.link(a, b)
  const all = collect()
  const pair = async () => {
    const listener = await b.target.listenTCP('tcp', new TCPAddr(parseIP('10.0.0.2'), 0))
    return streamPair(listener, a.target.dialTCP('tcp', null, listener.addr))
  }
  testConn(all, pair, { network: 'tcp' })
  return all.parts.filter(({ name }) => NETTEST.some((part) => name.startsWith(`${part}:`)))
}

const [times, seed] = process.argv.slice(2).map(Number)
const sim = new SimNetwork({ seed, timeLimit: DAYS, eventLimit: Infinity, traceLimit: 100 })
const parts = partsOf(sim)
if (parts.length !== NETTEST.length) throw new Error(`there are ${parts.length} of nettest's parts`)
const failures = []
const start = process.cpuUsage()
for (let i = 0; i < times; i++) {
  // A part for each run, as each test of a program is one.
  for (const { name, fn } of parts) await sim.run(fn).catch((e) => failures.push(`${name}: ${e.message}`))
}
const { user, system } = process.cpuUsage(start)
process.send({
  failures,
  leaks: sim.leaks().length,
  processor: (user + system) / 1e6,
  virtual: sim.now / 1000,
})
process.once('disconnect', () => process.exit())
