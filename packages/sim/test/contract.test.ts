import { test } from 'vitest'
import { testTarget } from '@net/contract/suite'
import { SimNetwork } from '../src/index.ts'

const sim = new SimNetwork({ seed: 1 })
const { target } = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })
const runner = { test: (name: string, fn: () => Promise<void>) => test(name, () => sim.run(fn)) }

testTarget(runner, target, {
  label: 'within a host',
  tcp4: true,
  tcp6: true,
  udp4: true,
  udp6: true,
  interfaces: true,
  lookups: true,
})
