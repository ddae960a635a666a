// The contract's suite in real time between two simulated hosts, through loss, delay and reordering, all parts at once.
import { parseIP, TCPAddr } from '@net/addr'
import { collect, testConn, testListener } from '@net/contract/suite'
import { SimNetwork } from '@net/sim'
import { NETTEST } from './nettest.mjs'

const LIMIT = 1_500_000 // milliseconds that a part may take

/** The parts about connections and listeners. */
function partsOf(sim) {
  const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
  const b = sim.host('b', { addrs: ['10.0.0.2/24'] })
  sim.link(a, b, { loss: 0.05, latency: 50, reorder: 0.05 })
  const listening = async () => {
    const listener = await b.target.listenTCP('tcp4', new TCPAddr(parseIP('10.0.0.2'), 0))
    const dialled = []
    const dial = async () => {
      const c = await a.target.dialTCP('tcp4', null, listener.addr)
      dialled.push(c)
      return c
    }
    return { listener, dial, stop: () => Promise.all([listener, ...dialled].map((x) => x.close())) }
  }
  const pair = async () => {
    const { listener, dial, stop } = await listening()
    const [c1, c2] = await Promise.all([dial(), listener.accept()])
    await listener.close()
    return { c1, c2, stop: () => Promise.all([c2.close(), stop()]) }
  }
  const options = { network: 'tcp4', limit: LIMIT, halfClose: true, byteStreams: true }
  const parts = collect()
  testListener(parts, listening, { network: 'tcp4', limit: LIMIT, label: 'listener' })
  testConn(parts, pair, options)
  return parts.parts
}

export const soak = {
  sentence:
    'the contract’s suite holds on a simulated network in real time, through loss, delay and reordering',
  bound: { short: 300, full: 1800 },
  async run({ short }) {
    const sim = new SimNetwork({ seed: 1, clock: 'real', traceLimit: 100 })
    const isShort = ({ name }) =>
      name.startsWith('listener:') || NETTEST.some((part) => name.startsWith(`${part}:`))
    const parts = partsOf(sim).filter((part) => !short || isShort(part))
    const failures = []
    await Promise.all(parts.map(({ name, fn }) => fn().catch((e) => failures.push(`${name}: ${e.message}`))))
    const leaks = sim.leaks()
    const { count } = sim.trace
    sim.close()
    for (const line of [...failures, ...leaks.map(({ what, stack }) => `${what}\n${stack}`)])
      console.log(line)
    return {
      good: failures.length === 0 && leaks.length === 0,
      figures: `${parts.length} parts at once through 5 % loss, 50 ms and reordering, ${count} times a packet was seen: ${failures.length} failed, ${leaks.length} left open`,
    }
  },
}
