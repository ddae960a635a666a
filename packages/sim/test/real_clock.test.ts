import { afterAll, expect, test } from 'vitest'
import { ledger, testTarget } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { SimNetwork } from '../src/index.ts'
import { connect, pairOf } from './pair.ts'
import { runnerOf } from './runner.ts'

const sim = new SimNetwork({ seed: 1, clock: 'real' })
const { target } = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })
const check = ledger(keepLeaks())
let paths = 0

afterAll(async () => {
  sim.close()
  await check()
})

testTarget(runnerOf(sim), target, {
  label: 'in real time',
  tcp4: true,
  udp4: true,
  udp6: true,
  interfaces: true,
  lookups: true,
  unix: () => `/run/${paths++}`,
  liveness: {
    script: `
import { SimNetwork } from '@net/sim'
const sim = new SimNetwork({ clock: 'real' })
const { target } = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })`,
    cwd: import.meta.dirname,
  },
})

test('real time passes between hosts', async () => {
  const pair = pairOf({ latency: 20 }, { clock: 'real' })
  const begin = performance.now()
  await pair.sim.run(async () => {
    const [client, server, listener] = await connect(pair)
    expect(performance.now() - begin).toBeGreaterThanOrEqual(59)
    await Promise.all([client.close(), server.close(), listener.close()])
  })
  pair.sim.close()
})
