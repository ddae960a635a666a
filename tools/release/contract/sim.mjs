// The contract's suite within a simulated host and between two, on virtual time, run by node:test from the packed package.
import { test } from 'node:test'
import { parseIP, TCPAddr } from '@net/addr'
import { streamPair, testConn, testTarget } from '@net/contract/suite'
import { SimNetwork } from '@net/sim'

const hours = 10 * 3_600_000
const sim = new SimNetwork({ seed: 1, timeLimit: hours })
const a = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })
const b = sim.host('b', { addrs: ['10.0.0.2/24', 'fd00::2/64'] })
sim.link(a, b, { latency: 50, loss: 0.05, reorder: 0.05 })

const runner = {
  /** @param {string} name @param {() => Promise<void>} part */
  test: (name, part) => test(name, () => sim.run(part)),
}

let paths = 0
testTarget(runner, a.target, {
  tcp4: true,
  tcp6: true,
  udp4: true,
  udp6: true,
  unix: () => `/run/${paths++}`,
  interfaces: true,
  lookups: true,
})

testConn(
  runner,
  async () => {
    const listener = await b.target.listenTCP('tcp', new TCPAddr(parseIP('10.0.0.2'), 0))
    return streamPair(listener, a.target.dialTCP('tcp', null, listener.addr))
  },
  { label: 'through loss', network: 'tcp', halfClose: true, byteStreams: true, limit: hours },
)
